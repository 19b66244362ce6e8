//! Scriptlets of rpm's embedded Lua.

use oxidnf_testkit::{World, rpm};

#[test]
fn surroundings_and_arguments() {
    // Into a file, as %pre and %pretrans speak beside progress bars.
    let script = "local log = io.open('/scripts.log', 'a')
local function say(...)
    for number = 1, select('#', ...) do log:write(tostring((select(number, ...))), ' ') end
    log:write('\\n')
end
say(arg[1], arg[2], arg[3], #arg, type(opt), posix.getcwd(), posix.umask())
say(package.path ~= nil, require('posix') == posix, require('rpm') == rpm, rpm.next_file)
say(pcall(posix.fork)) say(pcall(os.exit, 3))
g = (g or 0) + 1
say('number', g)
log:close()
posix.chdir('/usr') posix.umask('rwx------')";
    let world = World::new().repo(
        "base",
        [["pretrans", "pre", "post", "preun", "postun", "posttrans", "preuntrans", "postuntrans"]
            .into_iter()
            .fold(rpm("talks"), |package, kind| package.script(&format!("{kind} -p <lua>"), script))],
    );
    world.both("install -y talks").exits(0);
    world.both("remove -y talks").exits(0);
}

#[test]
fn files_and_links() {
    let script = r"print(posix.mkdir('/usr/made'), posix.stat('/usr/made', 'type'), posix.stat('/usr/made', 'mode'))
print(posix.mkdir('/usr/made'))
print(posix.symlink('made', '/usr/link'), posix.readlink('/usr/link'), posix.stat('/usr/link').type)
print(posix.stat('/no')) print(posix.unlink('/no')) print(posix.readlink('/usr')) print(posix.rmdir('/usr'))
for _, mode in ipairs({700, 0555, '755', 'u+w,g-x', 'rwxr-x--t', 'a=r', 'o+w'}) do
    print(mode, posix.chmod('/usr/made', mode), posix.stat('/usr/made', 'mode'), posix.stat('/usr/made', '_mode'))
end
print(pcall(function() posix.chmod('/usr/made', 'zz') end))
print(pcall(function() posix.access('/usr', 'zz') end))
print(pcall(function() posix.stat('/usr', 'zz') end))
print(pcall(function() posix.mkdir() end))
print(posix.access('/usr/made'), posix.access('/nope', 'r'))
print(posix.mkfifo('/usr/fifo'), posix.stat('/usr/fifo', 'type'))
print(posix.chown('/usr/fifo', 1, 2), posix.stat('/usr/fifo', 'uid', 'gid'))
print(posix.chown('/usr/fifo', 'nosuch', 'root'), posix.stat('/usr/fifo', 'uid', 'gid'))
print(posix.link('/usr/fifo', '/usr/fifo2'), posix.stat('/usr/fifo', 'nlink'))
print(posix.utime('/usr/fifo', 1000, 2000), posix.stat('/usr/fifo', 'mtime', 'atime'))
local names = {} for name in posix.files('/usr/made') do names[#names + 1] = name end
table.sort(names) print(table.concat(names, ' '), #posix.dir('/usr/made'), posix.dir('/no'))
print(os.rename('/usr/fifo2', '/usr/fifo3'), os.remove('/usr/fifo3'))
print(posix.umask(), posix.umask('077'), posix.umask(22))";
    let world = World::new().repo("base", [rpm("files").script("post -p <lua>", script)]);
    world.both("install -y files").exits(0);
}

#[test]
fn functions_of_rpm() {
    let script = r"print(rpm.execute('/bin/sh', '-c', 'exit 3')) print(rpm.execute('/bin/sh', '-c', 'kill -9 $$'))
print(rpm.execute('/bin/true')) print(rpm.execute('/no/such'))
print(rpm.spawn({'/bin/sh', '-c', 'echo to file'}, {stdout = '/usr/out'}), io.open('/usr/out'):read('a'))
print(posix.setenv('FOO', 'bar'), posix.getenv('FOO'), os.getenv('FOO'), posix.setenv('FOO', 'baz', false))
print(rpm.execute('/bin/sh', '-c', 'echo $FOO; pwd; umask >/usr/out2')) print(os.execute('exit 2')) print(os.execute('true'))
print(rpm.vercmp('1.0', '1.1'), rpm.vercmp('2:1-1', '1:3-1'), rpm.vercmp('1', '0:1'))
local v = rpm.ver('2:1.0-3')
print(v.e, v.v, v.r, v, v < rpm.ver('2:1.1-1'), v == rpm.ver('2', '1.0', '3'), rpm.ver('1').e, rpm.ver('1').r)
print(rpm.define('foo bar'), rpm.expand('%foo %{foo} %%%%'), rpm.isdefined('foo')) print(macros.foo, macros.nonono)
rpm.undefine('foo') print(rpm.isdefined('foo'))
print(rpm.b64encode('hello'), rpm.b64decode('aGVsbG8=')) print(rpm.b64decode('!!'))
print(table.concat(rpm.splitargs([[a b 'c d']]), '|'), (rpm.unsplitargs({'a', 'b c'}):gsub('[^ -~]', '!')))
print(table.concat(rpm.glob('/bi[n]'), ','), rpm.glob('/usr/zzz*'), #rpm.glob('/usr/zzz*', 'c'))
print(pcall(function() rpm.open('/nono') end)) print(rpm.open('/usr/out'):read())
print(posix.uname('%s|%m|%%%%')) print(posix.unlink('/no'), posix.errno())
print(string.format('%5.1f', 2), ('x'):rep(3), math.max(1, 2))";
    let world = World::new().repo("base", [rpm("calls").script("post -p <lua>", script)]);
    world.both("install -y calls").exits(0);
}

/// Users and groups are those of the root's files.
#[test]
fn users_and_groups() {
    let script = r"local u = posix.getpasswd('bin') local fields = {}
for name, value in pairs(u) do fields[#fields + 1] = name .. '=' .. tostring(value) end
table.sort(fields) print(table.concat(fields, ' '))
print(posix.getpasswd('bin', 'uid', 'gid'), posix.getpasswd(1).name, posix.getpasswd('1', 'dir'), posix.getpasswd().name)
local g = posix.getgroup('bin') print(g.name, g.gid, table.concat(g, ','), posix.getgroup(0).name)
print(posix.getpasswd('nosuch'), posix.getgroup('nosuch'), posix.getpasswd(4711))
print(pcall(function() posix.getpasswd({}) end)) print(pcall(function() posix.getpasswd('bin', 'zz') end))
print(pcall(function() posix.getgroup() end))
print(posix.putenv('FOO=bar'), posix.getenv('FOO')) print(posix.putenv('FOO'), posix.getenv('FOO'))
print(rpm.execute('/bin/sh', '-c', 'echo $FOO'))";
    let world = World::new().repo("base", [rpm("users").script("post -p <lua>", script)]);
    world.write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nbin:x:1:2:A bin:/bin:/sbin/nologin\n");
    world.write("/etc/group", "root:x:0:\nbin:x:2:root,bin\n");
    world.both("install -y users").exits(0);
}

#[test]
fn files_of_rpm() {
    let script = r"local function try(what, ...) print(what, pcall(...)) end
local w = rpm.open('/usr/file', 'w')
try('write', function() local a = w:write('abcdef') return type(a), a == w, tostring(a):sub(1, 5) end) try('some', function() w:write('ghij', 2) w:write(7) end)
try('two texts', function() w:write('x', 'y') end) try('no text', function() w:write() end)
try('seek', function() return w:seek('set', 2), w:seek('cur'), w:seek() end) try('flush', function() local a = w:flush() return a end)
try('read what is for writing', function() local a = w:read() return a end) try('and then', function() w:seek() end)
try('close', function() local a = w:close() return a end) try('close again', function() local a = w:close() return a end)
try('after the end', function() w:write('x') end) try('after the end', function() w:read() end)
local r = rpm.open('/usr/file')
try('read', function() return r:read(2), r:read(100), r:read(1), r:read(), r:read(0) end)
try('seek', function() return r:seek('set', 1), r:read() end) try('seek', function() return r:seek('end', -1), r:read(5) end)
try('a word', function() local a = r:read('a') return a end) try('nowhere', function() local a = r:seek('zz') return a end)
try('write what is for reading', function() local a = r:write('x') return a end)
try('directory', function() local a = rpm.open('/usr'):read(3) return a end)
try('missing', function() local a = rpm.open('/usr/missing') return a end)
local a = rpm.open('/usr/file', 'a') try('append', function() a:write('more') a:close() return rpm.open('/usr/file'):read() end)";
    let world = World::new().repo("base", [rpm("rpm-files").script("post -p <lua>", script)]);
    world.both("install -y rpm-files").exits(0);
}

#[test]
fn failures() {
    let world = World::new().repo(
        "base",
        [
            rpm("bad-posttrans").script("posttrans -p <lua>", "print('before')\nerror('boom')"),
            rpm("bad-pre").script("pre -p <lua>", "local t = nil\nt.x = 1"),
            rpm("bad-post").script("post -p <lua>", "error({})"),
            rpm("bad-preun").script("preun -p <lua>", "posix.chmod('/', 'zz')"),
            rpm("good"),
        ],
    );
    world.both("install -y bad-posttrans good").exits(1);
    world.both("install -y bad-pre").exits(1);
    world.both("install -y bad-post").exits(1);
    world.both("install -y bad-preun").exits(0);
    world.both("remove -y bad-preun").exits(1);
    world.both("list --installed").exits(0);
}

#[test]
fn file_triggers_and_macros() {
    let world = World::new().repo(
        "base",
        [
            rpm("watch").script(
                "filetriggerin -p <lua> -- /usr/share",
                "for path in rpm.next_file do print('in', path) end\nprint(arg[2], arg[3])",
            ),
            rpm("watched").file("/usr/share/watched/one", "1").file("/usr/share/watched/two", "2"),
            rpm("expands").script("post -e -p <lua>", "print('%%{_bindir}')"),
        ],
    );
    world.both("install -y watch").exits(0);
    world.both("install -y watched expands").exits(0);
}

#[test]
fn processes_and_limits() {
    let script = r"local function try(what, ...) print(what, pcall(...)) end
print(posix.getlogin(), posix.ctermid(), posix.version, posix.ttyname(), posix.ttyname(0), posix.ttyname(77))
try('ttyname', function() local a, b, c = posix.ttyname('x') return a, b, c end)
local function all(t) local k = {} for name, value in pairs(t) do k[#k + 1] = name .. '=' .. tostring(value) end table.sort(k) print(table.concat(k, ' ')) end
all(posix.sysconf()) all(posix.pathconf('/usr')) all(posix.pathconf('/nothing'))
print(posix.sysconf('open_max', 'version'), posix.pathconf('/', 'name_max'), posix.pathconf('/nothing', 'name_max'))
try('sysconf', function() local a, b, c = posix.sysconf('zz') return a, b, c end) try('pathconf', function() local a, b, c = posix.pathconf() return a, b, c end)
try('pathconf', function() local a, b, c = posix.pathconf('/', 'zz') return a, b, c end) try('times', function() local a, b, c = posix.times('zz') return a, b, c end)
local names = {} for name, value in pairs(posix.times()) do names[#names + 1] = name .. type(value) end
table.sort(names) print(table.concat(names, ' '), posix.times('utime') < 100, posix.times('cutime') < 100, posix.times('elapsed') > 100)
for _, args in ipairs({{posix.getprocessid('pid'), 0}, {999999}, {999999, 9}, {}, {'x', 1}, {1, 1000}, {1, 'TERM'}}) do
    try('kill', function() local a, b, c = posix.kill(table.unpack(args)) return a, b, c end)
end
for _, args in ipairs({{'nosuch'}, {}, {{}}, {0}, {'root'}, {4711}}) do
    try('setgid', function() local a, b, c = posix.setgid(table.unpack(args)) return a, b, c end)
end
for _, args in ipairs({{'nosuch'}, {}, {{}}, {0}}) do try('setuid', function() local a, b, c = posix.setuid(table.unpack(args)) return a, b, c end) end
print(posix.getprocessid('uid'), posix.setgid(0))";
    let world = World::new().repo("base", [rpm("limits").script("post -p <lua>", script)]);
    world.write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
    world.write("/etc/group", "root:x:0:\n");
    world.both("install -y limits").exits(0);
}

#[test]
fn hooks() {
    let script = r"local function try(what, ...) print(what, pcall(...)) end
local first = rpm.register('hook', function(...) print('first', type((...)), (...)[1], (...)[2], #(...), select('#', ...)) end)
rpm.register('hook', function(args) print('second', args[1]) return 'ignored' end)
try('call', function() local a, b, c = rpm.call('hook', 'a', 'b') return a, b, c end) try('call', function() local a, b, c = rpm.call('hook') return a, b, c end)
try('call', function() local a, b, c = rpm.call('hook', 1, 2.5) return a, b, c end) try('nobody', function() local a, b, c = rpm.call('other', 1) return a, b, c end)
try('no name', function() local a, b, c = rpm.call() return a, b, c end) try('odd', function() local a = rpm.call('hook', true) return a end) try('odd', function() local a = rpm.call('hook', {}) return a end)
try('unregister', function() local a, b, c = rpm.unregister('hook', first) return a, b, c end) try('call', function() local a, b, c = rpm.call('hook', 'c') return a, b, c end)
try('no hook', function() local a, b, c = rpm.unregister('hook', print) return a, b, c end) try('nothing', function() local a, b, c = rpm.unregister() return a, b, c end)
try('no function', function() local a, b, c = rpm.register('x', 'y') return a, b, c end) try('nothing', function() local a, b, c = rpm.register() return a, b, c end)";
    let world = World::new().repo("base", [rpm("hooks").script("post -p <lua>", script)]);
    world.both("install -y hooks").exits(0);
}

/// Where an expansion fails, rpm also shows how far it came, as dnf5 makes it talkative; that is left out here.
#[test]
fn what_macros_and_hooks_complain_of() {
    let world = World::new().repo(
        "base",
        [
            rpm("warns").script("post -e", "%%{warn:to be told}%%{echo:and this}echo runs"),
            rpm("unexpected").script("post -e", "%%define plain text\necho %%{plain arg}"),
            rpm("from-lua").script("post -p <lua>", "print(pcall(rpm.define, 'bad')) rpm.define('1x y')"),
            rpm("hook").script(
                "post -p <lua>",
                "rpm.register('x', function() error('no') end) rpm.call('x') print('goes on')",
            ),
        ],
    );
    for name in ["warns", "unexpected", "from-lua", "hook"] {
        world.both(&format!("install -y {name}"));
    }
}

/// Compressed files: what one side has written the other one reads, too; only their bytes are not the same.
#[test]
fn compressed_files_of_rpm() {
    let script = r"local packed = { plain = 'aGVsbG8gd29ybGQKbGluZSB0d28K', gz = 'H4sIAAAAAAAAA8tIzcnJVyjPL8pJ4crJzEtVKCnP5wIAMEtkFhUAAAA=', xz = '/Td6WFoAAATm1rRGBMAZFSEBFgAAAAAAAAAAAAnjkLUBABRoZWxsbyB3b3JsZApsaW5lIHR3bwoAAAAALfIWE7fwtDwAATUVdpNq7x+2830BAAAAAARZWg==', zst = 'KLUv/SQVqQAAaGVsbG8gd29ybGQKbGluZSB0d28KGTScFg==', bz2 = 'QlpoOTFBWSZTWTnyfYUAAAPRgAAQQAAGZZSAIAAinimNCEDQNBrxp1Ksyr0h5o+LuSKcKEgc+T7CgA==', lzma = 'XQAAgAD//////////wA0GUnujekXiTozX/yvGkBq40KPV8Vv36Yj//+S9gAA' }
for name, text in pairs(packed) do
    local f = io.open('/usr/' .. name, 'w') f:write(rpm.b64decode(text)) f:close()
    f = io.open('/usr/cut-' .. name, 'w') f:write(rpm.b64decode(text):sub(1, -10)) f:close()
end
local function clean(text) return type(text) == 'string' and text:gsub('[^ -~]', '!') or text end
local function try(what, action)
    local told = { pcall(action) }
    for at = 1, #told do told[at] = tostring(clean(told[at])) end
    print(what, table.concat(told, ' '))
end
for _, name in ipairs({'plain', 'gz', 'xz', 'zst', 'bz2', 'lzma'}) do
    for _, codec in ipairs({'gzdio', 'xzdio', 'zstdio', 'bzdio', 'lzdio', 'ufdio', 'fdio', 'fpio', 'nosuch', 'gz'}) do
        try(name .. ' ' .. codec, function() local f = rpm.open('/usr/' .. name, 'r.' .. codec) local a, b, c = f:read(5), f:read(), f:read() local d = f:close() return a, b, c, d end)
    end
end
for _, mode in ipairs({'w.gzdio', 'w9.gzdio', 'w.xzdio', 'w2.xzdio', 'w.zstdio', 'w5.zstdio', 'w.bzdio', 'w3.bzdio', 'w.lzdio', 'w.ufdio', 'w.fdio', 'w.nosuch', 'w.gzdio.x', 'wx.gzdio', 'r+.gzdio', 'r.gzdio', '.gzdio'}) do
    local path = '/usr/out-' .. mode
    try(mode, function() local f = rpm.open(path, mode) local n, m = f:write('some text '), f:write('more text', 4) f:flush() f:write('!') f:close() return n, m end)
    try('there', function() local s = posix.stat(path, 'type') return s end)
    try('again', function() local a = rpm.open(path, 'r.' .. mode:match('%a+$')):read() return a end)
end
try('appended', function() local f = rpm.open('/usr/gz', 'a.gzdio') f:write('and more') f:close() local a = rpm.open('/usr/gz', 'r.gzdio'):read() return a end)
try('exclusive', function() local f = rpm.open('/usr/gz', 'wx.gzdio') return f end)
try('seek xz', function() local a = rpm.open('/usr/xz', 'r.xzdio'):seek('set', 2) return a end)
try('seek the end', function() local a = rpm.open('/usr/gz', 'r.gzdio'):seek('end') return a end)
try('write what is for reading', function() local a = rpm.open('/usr/gz', 'r.gzdio'):write('x') return a end)
try('read what is for writing', function() local a = rpm.open('/usr/other', 'w.gzdio'):read() return a end)
try('reopen', function() local f = rpm.open('/usr/xz') local same = f:reopen('r.xzdio') == f return same, tostring(f), f:read() end)
try('reopen later', function() local f = rpm.open('/usr/skip', 'w') f:write('ab') f:reopen('w.gzdio') f:write('text') f:close() f = rpm.open('/usr/skip') local a = f:read(2) f:reopen('r.gzdio') return a, f:read() end)
try('reopen as nothing', function() local a = rpm.open('/usr/gz'):reopen() return a end)
try('reopen as something', function() local a = rpm.open('/usr/gz'):reopen('r.nosuch') return a end)
try('missing', function() local a = rpm.open('/usr/missing', 'r.gzdio') return a end)
for _, name in ipairs({'gz', 'xz', 'zst', 'bz2', 'lzma'}) do
    local codec = name:match('^..'):gsub('zs', 'zst') .. 'dio'
    try('cut ' .. codec, function() local a = rpm.open('/usr/cut-' .. name, 'r.' .. codec):read() return a end)
end
for name in posix.files('/usr') do if posix.stat('/usr/' .. name, 'type') == 'regular' then posix.unlink('/usr/' .. name) end end";
    let world = World::new().repo("base", [rpm("packed").script("post -p <lua>", &script.replace('%', "%%"))]);
    world.both("install -y packed").exits(0);
}
