//! `comps`: groups and environments.

use super::error::XmlError;
use super::xml::{Element, Xml};

/// Everything in a comps file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comps {
    /// Groups of packages.
    pub groups: Vec<Group>,
    /// Groups of groups.
    pub environments: Vec<Environment>,
    /// Headings for menus.
    pub categories: Vec<Category>,
    /// Packages that come with a language: name of a package and pattern with `%s` for the language.
    pub langpacks: Vec<(String, String)>,
}

/// Which text of a group or environment a translation is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// Its name.
    Name,
    /// What it is for.
    Description,
}

/// A text in another language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// What is translated.
    pub field: Field,
    /// The language as written in `xml:lang`: `de`, `pt_BR`.
    pub language: String,
    /// The text.
    pub text: String,
}

/// Name and description with their translations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    /// Its name; `None` when the file has none.
    pub name: Option<String>,
    /// What it is for; `None` when the file says nothing.
    pub description: Option<String>,
    /// Both in other languages, in the order of the file.
    pub translations: Vec<Translation>,
}

impl Texts {
    /// Returns a text in a language; `de_DE.UTF-8` falls back to `de_DE`, `de`, and the text without a language.
    pub fn in_language(&self, field: Field, language: &str) -> &str {
        let plain = language.split(['.', '@']).next().unwrap_or_default();
        let short = plain.split('_').next().unwrap_or_default();
        let translated =
            |wanted: &&str| self.translations.iter().find(|known| known.field == field && known.language == *wanted);
        let own = match field {
            Field::Name => &self.name,
            Field::Description => &self.description,
        };
        [language, plain, short]
            .iter()
            .find_map(translated)
            .map_or_else(|| own.as_deref().unwrap_or_default(), |translation| &translation.text)
    }

    fn add(&mut self, field: Field, xml: &mut Xml<'_>, element: &Element<'_>) -> Result<(), XmlError> {
        let language = element.attribute("xml:lang").map(|language| language.into_owned());
        let text = xml.raw_text(element)?;
        match (language, field) {
            (Some(language), _) => self.translations.push(Translation { field, language, text }),
            (None, Field::Name) => self.name = Some(text),
            (None, Field::Description) => self.description = Some(text),
        }
        Ok(())
    }
}

/// A group of packages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Its name and description.
    pub texts: Texts,
    /// Place in lists as it is written, usually a number, smallest first.
    pub display_order: Option<String>,
    /// Whether it is preselected.
    pub default: bool,
    /// Whether it is kept from users who do not ask for hidden groups.
    pub hidden: bool,
    /// The language that it is for.
    pub langonly: Option<String>,
    /// Its packages.
    pub packages: Vec<GroupPackage>,
}

/// A package of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPackage {
    /// Package name.
    pub name: String,
    /// How it belongs to the group.
    pub kind: PackageKind,
    /// The package that must be there too, for [`PackageKind::Conditional`].
    pub condition: String,
    /// Whether only the base architecture is meant.
    pub base_arch_only: bool,
}

/// How a package belongs to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PackageKind {
    /// Always installed.
    Mandatory,
    /// Installed unless something speaks against it; also what a missing or unknown type means.
    Default,
    /// Installed on request.
    Optional,
    /// Installed when another package is.
    Conditional,
}

impl PackageKind {
    /// Returns dnf5's number of the kind, a bit.
    pub const fn bit(self) -> u32 {
        match self {
            PackageKind::Conditional => 1,
            PackageKind::Default => 2,
            PackageKind::Mandatory => 4,
            PackageKind::Optional => 8,
        }
    }

    /// Returns the kinds of a sum of [`PackageKind::bit`].
    pub fn of_bits(bits: u32) -> Vec<PackageKind> {
        let all = [PackageKind::Mandatory, PackageKind::Default, PackageKind::Conditional, PackageKind::Optional];
        all.into_iter().filter(|kind| bits & kind.bit() != 0).collect()
    }

    /// Returns the word for it in comps files and in dnf5's state.
    pub const fn as_str(self) -> &'static str {
        match self {
            PackageKind::Mandatory => "mandatory",
            PackageKind::Default => "default",
            PackageKind::Optional => "optional",
            PackageKind::Conditional => "conditional",
        }
    }
}

/// A group of groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Its id.
    pub id: String,
    /// Its name and description.
    pub texts: Texts,
    /// Place in lists as it is written, usually a number, smallest first.
    pub display_order: Option<String>,
    /// Ids of the groups that belong to it.
    pub groups: Vec<String>,
    /// Ids of the groups that may be added, and whether they are preselected.
    pub option_groups: Vec<(String, bool)>,
}

/// A heading for groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Category {
    /// Its id.
    pub id: String,
    /// Its name and description.
    pub texts: Texts,
    /// Place in lists as it is written, usually a number, smallest first.
    pub display_order: Option<String>,
    /// Ids of its groups.
    pub groups: Vec<String>,
}

/// Parses the XML of a comps file.
pub fn parse(bytes: &[u8]) -> Result<Comps, XmlError> {
    let mut xml = Xml::new(bytes)?;
    let root = xml.root("comps")?;
    let mut comps = Comps::default();
    while let Some(element) = xml.child(&root)? {
        match element.name() {
            "group" => comps.groups.push(parse_group(&mut xml, &element)?),
            "environment" => comps.environments.push(parse_environment(&mut xml, &element)?),
            "category" => comps.categories.push(parse_category(&mut xml, &element)?),
            "langpacks" => {
                while let Some(langpack) = xml.child(&element)? {
                    let value = |name| langpack.attribute(name).map(|value| value.into_owned());
                    if let (Some(name), Some(install)) = (value("name"), value("install")) {
                        comps.langpacks.push((name, install));
                    }
                    xml.skip(&langpack)?;
                }
            }
            _ => xml.skip(&element)?,
        }
    }
    Ok(comps)
}

/// libsolv knows no other spelling.
fn truth(text: &str) -> bool {
    text == "true"
}

fn parse_group(xml: &mut Xml<'_>, parent: &Element<'_>) -> Result<Group, XmlError> {
    let mut group = Group::default();
    while let Some(element) = xml.child(parent)? {
        match element.name() {
            "id" => group.id = xml.raw_text(&element)?,
            "name" => group.texts.add(Field::Name, xml, &element)?,
            "description" => group.texts.add(Field::Description, xml, &element)?,
            "display_order" => group.display_order = Some(xml.raw_text(&element)?),
            "default" => group.default = truth(&xml.raw_text(&element)?),
            "uservisible" => group.hidden = xml.raw_text(&element)? == "false",
            "langonly" => group.langonly = Some(xml.raw_text(&element)?),
            "packagelist" => {
                while let Some(package) = xml.child(&element)? {
                    match package.name() {
                        "packagereq" => group.packages.push(parse_package(xml, &package)?),
                        _ => xml.skip(&package)?,
                    }
                }
            }
            _ => xml.skip(&element)?,
        }
    }
    Ok(group)
}

fn parse_package(xml: &mut Xml<'_>, element: &Element<'_>) -> Result<GroupPackage, XmlError> {
    let condition = element.attribute("requires").map(|name| name.into_owned()).unwrap_or_default();
    let kind = match element.attribute("type").as_deref() {
        Some("mandatory") => PackageKind::Mandatory,
        Some("optional") => PackageKind::Optional,
        // Without a condition it is like any other to libsolv.
        Some("conditional") if !condition.is_empty() => PackageKind::Conditional,
        _ => PackageKind::Default,
    };
    let base_arch_only = element.attribute("basearchonly").is_some_and(|value| truth(&value));
    Ok(GroupPackage { name: xml.raw_text(element)?, kind, condition, base_arch_only })
}

fn parse_group_ids(xml: &mut Xml<'_>, parent: &Element<'_>) -> Result<Vec<(String, bool)>, XmlError> {
    let mut ids = Vec::new();
    while let Some(element) = xml.child(parent)? {
        if element.name() == "groupid" {
            let default = element.attribute("default").is_some_and(|value| truth(&value));
            ids.push((xml.raw_text(&element)?, default));
        } else {
            xml.skip(&element)?;
        }
    }
    Ok(ids)
}

fn parse_environment(xml: &mut Xml<'_>, parent: &Element<'_>) -> Result<Environment, XmlError> {
    let mut environment = Environment::default();
    while let Some(element) = xml.child(parent)? {
        match element.name() {
            "id" => environment.id = xml.raw_text(&element)?,
            "name" => environment.texts.add(Field::Name, xml, &element)?,
            "description" => environment.texts.add(Field::Description, xml, &element)?,
            "display_order" => environment.display_order = Some(xml.raw_text(&element)?),
            "grouplist" => {
                let ids = parse_group_ids(xml, &element)?;
                environment.groups.extend(ids.into_iter().map(|(id, _)| id));
            }
            "optionlist" => environment.option_groups.extend(parse_group_ids(xml, &element)?),
            _ => xml.skip(&element)?,
        }
    }
    Ok(environment)
}

fn parse_category(xml: &mut Xml<'_>, parent: &Element<'_>) -> Result<Category, XmlError> {
    let mut category = Category::default();
    while let Some(element) = xml.child(parent)? {
        match element.name() {
            "id" => category.id = xml.raw_text(&element)?,
            "name" => category.texts.add(Field::Name, xml, &element)?,
            "description" => category.texts.add(Field::Description, xml, &element)?,
            "display_order" => category.display_order = Some(xml.raw_text(&element)?),
            "grouplist" => {
                let ids = parse_group_ids(xml, &element)?;
                category.groups.extend(ids.into_iter().map(|(id, _)| id));
            }
            _ => xml.skip(&element)?,
        }
    }
    Ok(category)
}
