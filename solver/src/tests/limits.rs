use crate::testing::given;

const KERNELS: &str = "system kernel-1-1.x86_64 reason User
                       system kernel-2-1.x86_64 reason User
                       system kernel-3-1.x86_64 reason User
                       main kernel-4-1.x86_64";

#[test]
fn installonly_packages_come_beside_and_the_oldest_goes() {
    assert_eq!(
        given(KERNELS).upgrade().then(),
        ["Install kernel-4-1.x86_64 (User)", "Remove kernel-1-1.x86_64 (User)"]
    );
    assert_eq!(
        given(KERNELS).with(|options| options.installonly_limit = 0).upgrade().then(),
        ["Install kernel-4-1.x86_64 (User)"]
    );
}

#[test]
fn the_running_kernel_outlives_newer_ones() {
    let world = given(KERNELS);
    let running = world.named("kernel")[0];
    assert_eq!(world.sack.package(running).version(), "1");
    assert_eq!(
        world.with(|options| options.running_kernel = Some(running)).upgrade().then(),
        ["Install kernel-4-1.x86_64 (User)", "Remove kernel-2-1.x86_64 (User)"]
    );
}

#[test]
fn the_running_kernel_must_not_be_removed() {
    let world = given("system kernel-1-1.x86_64");
    let running = world.named("kernel")[0];
    assert_eq!(
        world.with(|options| options.running_kernel = Some(running)).remove("kernel").then(),
        ["removes running kernel kernel-1-1.x86_64"]
    );
}

#[test]
fn modules_of_an_old_kernel_go_with_it() {
    let world = "system kernel-1-1.x86_64
                 system kernel-2-1.x86_64
                 system module-1-1.x86_64 requires kernel = 1-1
                 main kernel-3-1.x86_64";
    assert_eq!(
        given(world).with(|options| options.installonly_limit = 2).upgrade().then(),
        [
            "Install kernel-3-1.x86_64 (External User)",
            "Remove kernel-1-1.x86_64 (User)",
            "Remove module-1-1.x86_64 (Dependency)",
        ]
    );
}
