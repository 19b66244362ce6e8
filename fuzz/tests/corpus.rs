//! Every target takes all inputs that are kept for it.

use std::fs;
use std::path::Path;

#[test]
fn kept_inputs_are_taken() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in oxidnf_fuzz::TARGETS {
        let mut count = 0;
        for entry in fs::read_dir(corpus.join(name)).expect("every target has inputs") {
            let input = fs::read(entry.expect("the directory can be read").path()).expect("an input can be read");
            target(&input);
            // Half of an input is an input as well, and so is one with a changed byte.
            target(&input[..input.len() / 2]);
            let mut changed = input.clone();
            if let Some(byte) = changed.get_mut(input.len() / 3) {
                *byte ^= 0x41;
            }
            target(&changed);
            count += 1;
        }
        assert!(count > 0, "no input for {name}");
    }
}
