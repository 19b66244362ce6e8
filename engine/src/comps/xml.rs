//! The copies of installed groups and environments: comps files of one group each, byte for byte as dnf5 writes them.

use oxidnf_repo::metadata::comps::{Field, PackageKind, Texts};

use super::{Environment, Group};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<comps>\n";

impl Group {
    /// Returns the comps file of this group.
    pub(crate) fn to_xml(&self) -> String {
        let mut out = format!("{HEAD}  <group>\n");
        element(&mut out, "id", &self.id);
        texts(&mut out, &self.texts);
        element(&mut out, "default", if self.default { "true" } else { "false" });
        element(&mut out, "uservisible", if self.hidden { "false" } else { "true" });
        element(&mut out, "display_order", self.display_order.as_deref().unwrap_or_default());
        element(&mut out, "langonly", self.langonly.as_deref().unwrap_or_default());
        translations(&mut out, &self.texts);
        let members: Vec<String> = self
            .packages
            .iter()
            .map(|package| {
                let condition = match package.kind {
                    PackageKind::Conditional => format!(" requires=\"{}\"", escaped(&package.condition, true)),
                    _ => String::new(),
                };
                let (kind, name) = (package.kind.as_str(), escaped(&package.name, false));
                format!("<packagereq type=\"{kind}\"{condition}>{name}</packagereq>")
            })
            .collect();
        list(&mut out, "packagelist", &members);
        out + "  </group>\n</comps>\n"
    }
}

impl Environment {
    /// Returns the comps file of this environment.
    pub(crate) fn to_xml(&self) -> String {
        let mut out = format!("{HEAD}  <environment>\n");
        element(&mut out, "id", &self.id);
        texts(&mut out, &self.texts);
        element(&mut out, "display_order", self.display_order.as_deref().unwrap_or_default());
        translations(&mut out, &self.texts);
        let member = |id: &str, attribute: &str| format!("<groupid{attribute}>{}</groupid>", escaped(id, false));
        let groups: Vec<String> = self.groups.iter().map(|id| member(id, "")).collect();
        list(&mut out, "grouplist", &groups);
        let preselected = self.options(true).map(|id| member(id, " default=\"true\""));
        let options: Vec<String> = preselected.chain(self.options(false).map(|id| member(id, ""))).collect();
        list(&mut out, "optionlist", &options);
        out + "  </environment>\n</comps>\n"
    }
}

fn element(out: &mut String, name: &str, text: &str) {
    out.push_str(&format!("    <{name}>{}</{name}>\n", escaped(text, false)));
}

fn texts(out: &mut String, texts: &Texts) {
    element(out, "name", texts.name.as_deref().unwrap_or_default());
    element(out, "description", texts.description.as_deref().unwrap_or_default());
}

fn translations(out: &mut String, texts: &Texts) {
    for translation in &texts.translations {
        let name = match translation.field {
            Field::Name => "name",
            Field::Description => "description",
        };
        let (language, text) = (escaped(&translation.language, true), escaped(&translation.text, false));
        out.push_str(&format!("    <{name} xml:lang=\"{language}\">{text}</{name}>\n"));
    }
}

fn list(out: &mut String, name: &str, items: &[String]) {
    if items.is_empty() {
        out.push_str(&format!("    <{name}/>\n"));
        return;
    }
    out.push_str(&format!("    <{name}>\n"));
    for item in items {
        out.push_str(&format!("      {item}\n"));
    }
    out.push_str(&format!("    </{name}>\n"));
}

/// Escapes what must not stand in a text, or in the value of an attribute.
fn escaped(text: &str, attribute: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            '"' if attribute => out.push_str("&quot;"),
            '\n' if attribute => out.push_str("&#10;"),
            '\t' if attribute => out.push_str("&#9;"),
            _ => out.push(c),
        }
    }
    out
}
