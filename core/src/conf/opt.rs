//! Values that remember how strongly they were set (reference of dnf5, section 2.1).

/// Where a value came from; a later one wins when its priority is equal or higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are dnf5's")]
pub enum Priority {
    Empty = 0,
    Default = 10,
    MainConfig = 20,
    AutomaticConfig = 30,
    RepoConfig = 40,
    InstallRoot = 45,
    PluginDefault = 50,
    PluginConfig = 60,
    CommandLine = 70,
    Runtime = 80,
}

/// A value with its priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opt<T> {
    value: T,
    priority: Priority,
}

impl<T> Opt<T> {
    /// Makes a value of priority [`Priority::Default`].
    pub const fn new(default: T) -> Self {
        Opt { value: default, priority: Priority::Default }
    }

    /// Returns the value in force.
    pub const fn get(&self) -> &T {
        &self.value
    }

    /// Returns how strongly the value was set.
    pub const fn priority(&self) -> Priority {
        self.priority
    }

    /// Tells whether anything but the default was set.
    pub fn is_set(&self) -> bool {
        self.priority > Priority::Default
    }

    /// Sets the value unless a stronger one is in force; tells whether it did.
    pub fn set(&mut self, priority: Priority, value: T) -> bool {
        let wins = priority >= self.priority;
        if wins {
            self.value = value;
            self.priority = priority;
        }
        wins
    }
}

impl<T: Default> Default for Opt<T> {
    fn default() -> Self {
        Opt::new(T::default())
    }
}

impl<T: Copy> Opt<T> {
    /// Returns a copy of the value in force.
    pub const fn value(&self) -> T {
        self.value
    }
}

/// A list whose settings add up instead of replacing each other.
///
/// Settings apply in order of priority. An empty value, or one that begins with a comma, first drops everything
/// collected so far, which is everything of lower or equal priority.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppendList {
    default: Vec<String>,
    settings: Vec<(Priority, String)>,
    /// Whether items are unique and sorted (dnf5's sets).
    unique: bool,
}

impl AppendList {
    /// Makes a list that starts with these items.
    pub fn new(default: &[&str]) -> Self {
        AppendList { default: owned(default), ..AppendList::default() }
    }

    /// Makes a set: sorted, without repetition.
    pub fn set_of(default: &[&str]) -> Self {
        AppendList { default: owned(default), unique: true, ..AppendList::default() }
    }

    /// Adds a setting in the syntax of a configuration file.
    pub fn add(&mut self, priority: Priority, text: &str) {
        let at = self.settings.partition_point(|(other, _)| *other <= priority);
        self.settings.insert(at, (priority, text.to_owned()));
    }

    /// Adds single items without interpreting separators in them.
    pub fn add_items<'a>(&mut self, priority: Priority, items: impl IntoIterator<Item = &'a str>) {
        let text = items.into_iter().map(super::value::escape_item).collect::<Vec<_>>().join(",");
        if !text.is_empty() {
            self.add(priority, &text);
        }
    }

    /// Returns the collected items.
    pub fn get(&self) -> Vec<String> {
        let mut items = self.default.clone();
        for (_, text) in &self.settings {
            if text.is_empty() || super::value::begins_with_comma(text) {
                items.clear();
            }
            items.extend(super::value::split_list(text));
        }
        if self.unique {
            items.sort();
            items.dedup();
        }
        items
    }

    /// Returns the strongest priority among the settings.
    pub fn priority(&self) -> Priority {
        self.settings.last().map_or(Priority::Default, |(priority, _)| *priority)
    }
}

fn owned(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stronger_and_later_values_win() {
        let mut opt = Opt::new(1);
        assert!(!opt.is_set());
        assert!(opt.set(Priority::CommandLine, 2));
        assert!(!opt.set(Priority::MainConfig, 3));
        assert!(opt.set(Priority::CommandLine, 4));
        assert_eq!((opt.value(), opt.priority()), (4, Priority::CommandLine));
    }

    #[test]
    fn lists_add_up_and_clear() {
        let mut list = AppendList::new(&[]);
        list.add(Priority::MainConfig, "alpha");
        list.add(Priority::MainConfig, "beta gamma");
        assert_eq!(list.get(), ["alpha", "beta", "gamma"]);
        list.add(Priority::CommandLine, ",z");
        assert_eq!(list.get(), ["z"]);
        list.add(Priority::MainConfig, "later but weaker");
        assert_eq!(list.get(), ["z"]);
        list.add(Priority::CommandLine, "");
        assert!(list.get().is_empty());
        list.add_items(Priority::CommandLine, ["a b", "c"]);
        assert_eq!(list.get(), ["a b", "c"]);
    }

    #[test]
    fn sets_are_sorted() {
        let mut set = AppendList::set_of(&["updateinfo", "comps"]);
        set.add(Priority::CommandLine, "comps,all");
        assert_eq!(set.get(), ["all", "comps", "updateinfo"]);
    }
}
