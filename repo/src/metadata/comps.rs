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

/// A text and its translations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Translated {
    /// The text without a language.
    pub text: String,
    /// Language (as written in `xml:lang`: `de`, `pt_BR`) and text.
    pub translations: Vec<(String, String)>,
}

impl Translated {
    /// Returns the text in a language; `de_DE.UTF-8` falls back to `de_DE`, `de`, and the text without a language.
    pub fn in_language(&self, language: &str) -> &str {
        let plain = language.split(['.', '@']).next().unwrap_or_default();
        let short = plain.split('_').next().unwrap_or_default();
        [language, plain, short]
            .iter()
            .find_map(|wanted| self.translations.iter().find(|(language, _)| language == wanted))
            .map_or(&self.text, |(_, text)| text)
    }

    fn add(&mut self, xml: &mut Xml<'_>, element: &Element<'_>) -> Result<(), XmlError> {
        match element.attribute("xml:lang").map(|language| language.into_owned()) {
            Some(language) => self.translations.push((language, xml.text(element)?)),
            None => self.text = xml.text(element)?,
        }
        Ok(())
    }
}

/// A group of packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Translated,
    /// What it is for.
    pub description: Translated,
    /// Place in lists, smallest first.
    pub display_order: Option<i64>,
    /// Whether it is preselected.
    pub default: bool,
    /// Whether users get to see it; yes when not said.
    pub user_visible: bool,
    /// The language that it is for; empty when for all.
    pub langonly: String,
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

/// A group of groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Translated,
    /// What it is for.
    pub description: Translated,
    /// Place in lists, smallest first.
    pub display_order: Option<i64>,
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
    /// Its name.
    pub name: Translated,
    /// What it is for.
    pub description: Translated,
    /// Place in lists, smallest first.
    pub display_order: Option<i64>,
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

fn truth(text: &str) -> bool {
    matches!(text, "true" | "True" | "TRUE" | "1" | "yes")
}

fn parse_group(xml: &mut Xml<'_>, parent: &Element<'_>) -> Result<Group, XmlError> {
    let mut group = Group {
        id: String::new(),
        name: Translated::default(),
        description: Translated::default(),
        display_order: None,
        default: false,
        user_visible: true,
        langonly: String::new(),
        packages: Vec::new(),
    };
    while let Some(element) = xml.child(parent)? {
        match element.name() {
            "id" => group.id = xml.text(&element)?,
            "name" => group.name.add(xml, &element)?,
            "description" => group.description.add(xml, &element)?,
            "display_order" => group.display_order = xml.text(&element)?.parse().ok(),
            "default" => group.default = truth(&xml.text(&element)?),
            "uservisible" => group.user_visible = truth(&xml.text(&element)?),
            "langonly" => group.langonly = xml.text(&element)?,
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
    let kind = match element.attribute("type").as_deref() {
        Some("mandatory") => PackageKind::Mandatory,
        Some("optional") => PackageKind::Optional,
        Some("conditional") => PackageKind::Conditional,
        _ => PackageKind::Default,
    };
    let condition = element.attribute("requires").map(|name| name.into_owned()).unwrap_or_default();
    let base_arch_only = element.attribute("basearchonly").is_some_and(|value| truth(&value));
    Ok(GroupPackage { name: xml.text(element)?, kind, condition, base_arch_only })
}

fn parse_group_ids(xml: &mut Xml<'_>, parent: &Element<'_>) -> Result<Vec<(String, bool)>, XmlError> {
    let mut ids = Vec::new();
    while let Some(element) = xml.child(parent)? {
        if element.name() == "groupid" {
            let default = element.attribute("default").is_some_and(|value| truth(&value));
            ids.push((xml.text(&element)?, default));
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
            "id" => environment.id = xml.text(&element)?,
            "name" => environment.name.add(xml, &element)?,
            "description" => environment.description.add(xml, &element)?,
            "display_order" => environment.display_order = xml.text(&element)?.parse().ok(),
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
            "id" => category.id = xml.text(&element)?,
            "name" => category.name.add(xml, &element)?,
            "description" => category.description.add(xml, &element)?,
            "display_order" => category.display_order = xml.text(&element)?.parse().ok(),
            "grouplist" => {
                let ids = parse_group_ids(xml, &element)?;
                category.groups.extend(ids.into_iter().map(|(id, _)| id));
            }
            _ => xml.skip(&element)?,
        }
    }
    Ok(category)
}
