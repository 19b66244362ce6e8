//! `posix.*`: users and groups of the root, as its files list them.

use mlua::{Table, Value};

use super::args::{Call, Failure, Registrar, as_number, as_text, one};
use super::posix_facts::select;

const PASSWD: &str = "/etc/passwd";
const GROUP: &str = "/etc/group";
const USER_FIELDS: [&str; 7] = ["name", "passwd", "uid", "gid", "gecos", "dir", "shell"];

/// One line of a file of users or groups.
struct Account(Vec<Vec<u8>>);

impl Account {
    /// Returns the first account of a file that is wanted.
    fn find(file: &str, wanted: impl Fn(&Account) -> bool) -> Option<Account> {
        let text = std::fs::read(file).ok()?;
        let account = |line: &[u8]| Account(line.split(|byte| *byte == b':').map(<[u8]>::to_vec).collect());
        text.split(|byte| *byte == b'\n').map(account).find(|account| account.number(2).is_some() && wanted(account))
    }

    /// Returns the account that an argument asks for, by its number or name; texts that are numbers are numbers.
    fn of(call: &Call<'_>, file: &str) -> Result<Option<Account>, Failure> {
        let value = call.value(1);
        if let Some(number) = as_number(value) {
            return Ok(Account::find(file, |account| account.number(2).map(i64::from) == Some(number)));
        }
        if let Some(name) = as_text(value) {
            return Ok(Account::find(file, |account| account.text(0) == name));
        }
        let got = if call.len() == 0 { "no value" } else { value.type_name() };
        Err(Failure::Argument(1, format!("string or number expected, got {got}")))
    }

    fn text(&self, field: usize) -> &[u8] {
        self.0.get(field).map_or(&[], Vec::as_slice)
    }

    fn number(&self, field: usize) -> Option<u32> {
        std::str::from_utf8(self.text(field)).ok()?.parse().ok()
    }
}

/// Returns the number of a user or group by its name.
fn number(of_users: bool, name: &[u8]) -> Option<u32> {
    let file = if of_users { PASSWD } else { GROUP };
    Account::find(file, |account| account.text(0) == name)?.number(2)
}

/// Adds the functions.
pub(super) fn register(to: &Registrar<'_>) -> mlua::Result<()> {
    to.add("getpasswd", |call| {
        let account = if call.value(1).is_nil() {
            let own = rustix::process::geteuid().as_raw();
            Account::find(PASSWD, |account| account.number(2) == Some(own))
        } else {
            Account::of(call, PASSWD)?
        };
        match account {
            Some(account) => select(call, 2, &USER_FIELDS, |name| user_field(call, &account, name)),
            None => Ok(one(Value::Nil)),
        }
    })?;
    to.add("getgroup", |call| match Account::of(call, GROUP)? {
        Some(group) => Ok(one(Value::Table(group_table(call, &group)?))),
        None => Ok(one(Value::Nil)),
    })
}

fn user_field(call: &Call<'_>, account: &Account, name: &str) -> Result<Option<Value>, Failure> {
    let Some(field) = USER_FIELDS.iter().position(|known| *known == name) else { return Ok(None) };
    Ok(Some(match name {
        "uid" | "gid" => Value::Number(f64::from(account.number(field).unwrap_or(0))),
        _ => call.string(account.text(field))?,
    }))
}

/// Makes the table of a group: its name and number, and its members as a list.
fn group_table(call: &Call<'_>, group: &Account) -> Result<Table, Failure> {
    let table = call.lua.create_table()?;
    table.set("name", call.string(group.text(0))?)?;
    table.set("gid", f64::from(group.number(2).unwrap_or(0)))?;
    for member in group.text(3).split(|byte| *byte == b',').filter(|member| !member.is_empty()) {
        table.push(call.string(member)?)?;
    }
    Ok(table)
}

/// Reads a user or group by number or name; those that do not exist are left as they are.
pub(super) fn id(call: &Call<'_>, index: usize, of_users: bool) -> Result<Option<u32>, Failure> {
    match call.value(index) {
        Value::Nil => Ok(None),
        value @ (Value::Integer(_) | Value::Number(_)) => {
            // -1 means none, as for chown(2).
            Ok(as_number(value).and_then(|number| u32::try_from(number).ok()).filter(|id| *id != u32::MAX))
        }
        value @ Value::String(_) => Ok(as_text(value).and_then(|name| number(of_users, &name))),
        value => Err(Failure::Argument(index, format!("string expected, got {}", value.type_name()))),
    }
}

/// Reads what `setuid` and `setgid` get: a number or a name; none when nobody is called so or nothing is given.
pub(super) fn named_id(call: &Call<'_>, of_users: bool) -> Result<Option<u32>, Failure> {
    match call.value(1) {
        Value::Nil => Ok(None),
        Value::String(_) | Value::Integer(_) | Value::Number(_) => id(call, 1, of_users),
        value => Err(Failure::Argument(1, format!("string or number expected, got {}", value.type_name()))),
    }
}

/// Returns the name of the user who logged in, as the kernel remembers it; none without a login.
pub(super) fn login_name() -> Option<Vec<u8>> {
    let text = std::fs::read_to_string("/proc/self/loginuid").ok()?;
    let own: u32 = text.trim().parse().ok()?;
    let user = Account::find(PASSWD, |account| account.number(2) == Some(own))?;
    Some(user.text(0).to_vec())
}
