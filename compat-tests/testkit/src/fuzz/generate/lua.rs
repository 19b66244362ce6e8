//! Scriptlets in Lua.

use std::fmt::Write as _;

use super::files::Place;
use crate::fuzz::package::LUA_PRINTS;
use crate::random::Random;

/// Writes its values as one line; numbers and texts look different.
const TELL: &str = "local function tell(...)\nlocal line = '  tells'\nfor i = 1, select('#', ...) do local v = select(i, ...); \
line = line .. ' ' .. type(v) .. ':' .. (type(v) == 'table' and table.concat(v, ',') or tostring(v)) end\nf:write(line .. '\\n')\n\
end\n";

/// What needs no path.
///
/// Nothing changes `_tmppath`: rpm makes that directory for the first scriptlet of a process only.
const PLAIN: &[&str] = &[
    "tell(posix.getcwd(), rpm.vercmp('1-1', '1-2'), rpm.vercmp('1:1-1', '2-1'))",
    "tell(rpm.expand('%{_tmppath} %{?nosuch:x}%% %{kept}'))",
    "rpm.define('kept once')",
    "rpm.undefine('kept')",
    "tell(rpm.isdefined('kept'))",
    "rpm.define('m(x:y) <%1|%{-x*}|%{-y}|%#>'); tell(macros.m{'-x', '1', 'two'}, rpm.isdefined('m'))",
    "tell(rpm.expand('%{m -y -x 2 a b}|%{?m}|%{m:a b}|%{m}'), type(macros.m))",
    "tell(pcall(rpm.expand, '%{define:deep %%{kept} %{?m:x}}%deep'), macros.deep)",
    "rpm.define('_install_script_path /bin:/opt')",
    "local o = rpm.open('/tmp/packed', 'w.xzdio'); o:write('text'); o:close(); tell(rpm.open('/tmp/packed', 'r.xzdio'):read(), \
     os.remove('/tmp/packed'))",
    "counted = (counted or 0) + 1; tell(counted)",
    "posix.setenv('RPM_KEPT', 'lua'); tell(posix.getenv('RPM_KEPT'))",
    "tell(posix.getenv('PATH') == os.getenv('PATH'), posix.getenv('NOSUCH'))",
    "tell(posix.umask())",
    "posix.umask('077'); tell(posix.umask('rwxr-x---'))",
    "posix.chdir('/usr'); tell(posix.getcwd())",
    "tell(posix.chdir('/no/such'))",
    "tell(posix.getpasswd('user', 'uid', 'gid', 'dir'))",
    "tell(posix.getgroup('user', 'gid', 'name'))",
    "tell(posix.getpasswd('svc', 'uid'))",
    "tell(rpm.execute('/bin/true'))",
    "tell(rpm.execute('/bin/false'))",
    "tell(rpm.execute('/bin/sh', '-c', 'exit $1', 'x', '7'))",
    "tell(rpm.execute('/bin/sh', '-c', 'kill -9 $$'))",
    "tell(rpm.execute('/no/such'))",
    "tell(rpm.spawn({'/bin/sh', '-c', 'cat; echo more'}, {stdin='/etc/group', stdout='/tmp/spawned'}))",
    "tell(os.execute('exit 5'))",
    "tell(rpm.b64encode('some text'), rpm.b64decode('c29tZSB0ZXh0'))",
    "tell(rpm.splitargs([[one 'two three' four\\ five]]))",
    "tell(rpm.unsplitargs({'one', 'two three'}))",
    "tell(rpm.glob('/etc/*'))",
    "tell(rpm.glob('/no/such/*'))",
    "tell(rpm.glob('/no/such/*', 'c'))",
    "tell(RPM_INSTALL_PREFIX and RPM_INSTALL_PREFIX[1])",
    "tell(#arg, opt and #opt)",
    "tell(require('posix') == posix, require('rpm') == rpm)",
    "tell(rpm.ver('1-1') < rpm.ver('1-2'), tostring(rpm.ver('2:1-3')), rpm.ver('2:1-3').e)",
    "tell(posix.uname('%s'))",
    "tell(os.rename('/no/such', '/tmp/x'))",
    "tell(os.remove('/no/such'))",
    "tell(pcall(error, 'caught'))",
];

/// What is done with a path, which is `p`.
const WITH_PATH: &[&str] = &[
    "tell(posix.stat(p, 'type'), posix.stat(p, 'mode'), posix.stat(p, 'uid'), posix.stat(p, '_mode'))",
    "tell(posix.mkdir(p))",
    "tell(posix.rmdir(p))",
    "tell(posix.unlink(p))",
    "tell(posix.symlink('/opt/real', p))",
    "tell(posix.symlink('nowhere', p))",
    "tell(posix.link('/etc/group', p))",
    "tell(posix.readlink(p))",
    "tell(posix.mkfifo(p))",
    "tell(posix.chmod(p, '0750'))",
    "tell(posix.chmod(p, 700))",
    "tell(posix.chmod(p, 'u+s'))",
    "tell(posix.chmod(p, 'rwxr-x--x'))",
    "tell(posix.chown(p, 'user', 'user'))",
    "tell(posix.chown(p, 1, 1))",
    "tell(posix.access(p), posix.access(p, 'x'), posix.access(p, 'w'))",
    "tell(posix.utime(p, 1500000000, 1500000000))",
    "local d = posix.dir(p); if d then table.sort(d) end; tell(d)",
    "local d = {}; if posix.stat(p, 'type') == 'directory' then for e in posix.files(p) do d[#d + 1] = e end end; \
     table.sort(d); tell(d)",
    "tell(os.rename(p, p .. '.moved'))",
    "tell(os.remove(p))",
    "local h, e, n = io.open(p, 'w'); if h then h:write('by lua\\n'); h:close() end; tell(h ~= nil, e, n)",
    "local h = io.open(p); if h then tell(h:read('a')); h:close() end",
    "local h, e = rpm.open(p, 'r'); if h then tell(h:read(5)); h:close() end; tell(e)",
];

/// Writes a scriptlet.
pub(super) fn lua(random: &mut Random, label: &str, fails: bool, places: &[Place]) -> String {
    let mut body = format!(
        "local f = io.open('/scripts.log', 'a')\nf:write('{label} lua ' .. tostring(arg[2]) .. ' ' .. tostring(arg[3]) .. '\\n')\n"
    );
    match random.below(6) {
        0 => body.push_str(
            "local line = rpm.next_file and rpm.next_file()\nwhile line do f:write('  reads ' .. line .. '\\n'); \
             line = rpm.next_file() end\n",
        ),
        1 => writeln!(body, "print('{LUA_PRINTS}')").expect("writing to a String cannot fail"),
        2 => {}
        _ => {
            body.push_str(TELL);
            for _ in 0..random.between(1, 3) {
                body.push_str(&deed(random, places));
            }
        }
    }
    body.push_str("f:close()\n");
    if fails {
        body.push_str(random.one_of::<&str>(&["error('fails')\n", "nosuch()\n", "syntax error here\n"]));
    }
    body
}

fn deed(random: &mut Random, places: &[Place]) -> String {
    if random.chance(50) {
        return format!("do {} end\n", random.one_of(PLAIN));
    }
    // Latin-1 is written, so what is not ASCII stays as it is; the root itself is left alone.
    let path = random.one_of(places).path.replace('\'', "\\'");
    let path = if path == "/" { "/nothing" } else { &path };
    // Whoever opens a pipe waits for the other side, in rpm as well, also behind a link; without a shell nobody knows.
    let pipe = "local _, _, no = os.execute('test -p \\'' .. p:gsub(\"'\", [['\\'']]) .. '\\'')";
    format!("do local p = '{path}'; {pipe}; if no == 1 then {} end end\n", random.one_of(WITH_PATH))
}
