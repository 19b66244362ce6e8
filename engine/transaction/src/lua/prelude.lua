-- What of rpm's Lua is easier said in Lua. Gets the functions that collect printed text, tell what rpm itself has to
-- tell, call a macro by its name, and open a compressed file.
local collect, tell, call, stream = ...
local posix, rpm = posix, rpm
local open, select, tostring, tonumber, concat, type = io.open, select, tostring, tonumber, table.concat, type

function print(...)
    local parts = {}
    for number = 1, select("#", ...) do
        parts[number] = tostring((select(number, ...)))
    end
    collect(concat(parts, "\t") .. "\n")
end

function os.exit()
    error("exit not permitted in this context", 2)
end

-- Variables set by a scriptlet are kept beside the environment of the process, which other threads may read.
os.getenv = posix.getenv

for _, name in ipairs({ "fork", "exec", "wait", "redirect2null" }) do
    posix[name] = function()
        error("posix." .. name .. "() is no longer available, use rpm.spawn() or rpm.execute() instead", 2)
    end
end

local create = posix.mkstemp
function posix.mkstemp(template)
    local path, reason, errno = create(template)
    if not path then
        return nil, reason, errno
    end
    return open(path, "r+"), path
end

function posix.files(path)
    local names, reason, errno = posix.dir(path or ".")
    if not names then
        return nil, reason, errno
    end
    local at = 0
    return function()
        at = at + 1
        return names[at]
    end
end

-- Versions.
local version = {}
version.__index = version
function version:__tostring()
    local text = self.e and (self.e .. ":") or ""
    return text .. self.v .. (self.r and ("-" .. self.r) or "")
end
local function compare(a, b)
    return rpm.vercmp(tostring(a), tostring(b))
end
function version.__lt(a, b) return compare(a, b) < 0 end
function version.__le(a, b) return compare(a, b) <= 0 end
function version.__eq(a, b) return compare(a, b) == 0 end
function rpm.ver(first, v, r)
    if v ~= nil then
        return setmetatable({ e = first and tostring(first), v = tostring(v), r = r and tostring(r) }, version)
    end
    local e, rest = tostring(first):match("^(%d+):(.*)$")
    rest = rest or tostring(first)
    local before, after = rest:match("^(.*)%-([^-]*)$")
    return setmetatable({ e = e, v = before or rest, r = after }, version)
end

macros = setmetatable({}, {
    __index = function(_, name)
        local there, takes = rpm.isdefined(name)
        if takes then return function(...) return call(name, ...) end end
        return there and rpm.expand("%{" .. name .. "}") or nil
    end,
    __newindex = function(_, name, body)
        if body == nil then rpm.undefine(name) else rpm.define(name .. " " .. body) end
    end,
})

-- Hooks: functions by name, which others call with texts and numbers.
local hooks = {}
local function called(position, name, what, value)
    error(("bad argument #%d to '%s' (%s expected)"):format(position, name, what), 3)
end
function rpm.register(name, action)
    if name == nil then called(1, "register", "hook name") end
    if type(action) ~= "function" then called(2, "register", "function") end
    local hook = { action = action }
    hooks[name] = hooks[name] or {}
    table.insert(hooks[name], hook)
    return hook
end
function rpm.unregister(name, hook)
    if name == nil then called(1, "unregister", "hook name") end
    if type(hook) ~= "table" or not hook.action then called(2, "unregister", "hook information") end
    for at, known in ipairs(hooks[name] or {}) do
        if known == hook then
            table.remove(hooks[name], at)
            break
        end
    end
end
function rpm.call(name, ...)
    if name == nil then called(1, "call", "hook name") end
    local args = { ... }
    for at = 1, select("#", ...) do
        local kind = type(args[at])
        if kind ~= "nil" and kind ~= "string" and kind ~= "number" then error("unsupported Lua type passed to hook", 2) end
    end
    for _, hook in ipairs({ table.unpack(hooks[name] or {}) }) do
        local fine, reason = pcall(hook.action, { ... })
        -- A hook that fails holds nothing up.
        if not fine then tell(("error: lua hook failed: %s"):format(tostring(reason))) end
    end
end

-- Files of rpm: what fails raises an error, and at the end a read returns nothing more than an empty text.
local file = {}
file.__index = file
local function check(self, operation, result, reason)
    -- Once something has failed, everything fails in the same way.
    self.reason = self.reason or (result == nil and (reason or "Bad file descriptor")) or nil
    if self.reason then
        local what = operation == "seek" and "%s: seek failed: %s" or "error " .. operation .. " %s: %s"
        error(what:format(self.path, self.reason), 3)
    end
    return result
end
local function argument(value, number, name, kind)
    if type(value) ~= kind and not (kind == "number" and tonumber(value)) and not (kind == "string" and type(value) == "number") then
        local got = value == nil and "no value" or type(value)
        error(("bad argument #%d to '%s' (%s expected, got %s)"):format(number, name, kind, got), 3)
    end
end
function file:read(size)
    if size ~= nil then argument(size, 1, "read", "number") end
    local text, reason
    if self.inner then
        text, reason = self.inner:read(size and tonumber(size) or "a")
        -- The end is no failure.
        if text == nil and reason == nil then text = "" end
    end
    -- No tail call, which would hide the line of the caller.
    text = check(self, "reading", text, reason)
    return text
end
function file:write(text, size)
    argument(text, 1, "write", "string")
    if size ~= nil then argument(size, 2, "write", "number") end
    text = tostring(text)
    local done, reason
    if self.inner then
        done, reason = self.inner:write(size and text:sub(1, tonumber(size)) or text)
    end
    check(self, "writing", done, reason)
    return size and math.min(tonumber(size), #text) or #text
end
function file:seek(whence, offset)
    whence = whence or "cur"
    if whence ~= "set" and whence ~= "cur" and whence ~= "end" then
        error(("bad argument #1 to 'seek' (invalid option '%s')"):format(tostring(whence)), 2)
    end
    local place, reason
    if self.inner then place, reason = self.inner:seek(whence, offset) end
    place = check(self, "seek", place, reason)
    return place
end
function file:flush()
    if self.inner then self.inner:flush() end
    return 0
end
function file:close()
    local open = self.inner
    if open then open:close() end
    self.inner, self.path = nil, "[none]"
    return open and 0 or -1
end
function file:__tostring() return self.path end
-- Plain files are Lua's own; nothing is held back, so that others see what was written.
local function opened(path, mode, place)
    local letters, codec = mode:match("^([^.]*)%.?(.*)$")
    if codec ~= "" and codec ~= "fdio" and codec ~= "ufdio" then return stream(path, letters, codec, place) end
    local letter = (letters:match("[wa]") or "r") .. (letters:match("%+") or "")
    local inner, reason = open(path, place and letter ~= "r" and "r+" or letter)
    if not inner then return nil, reason:sub(#path + 3) end
    inner:setvbuf("no")
    if place then inner:seek("set", place) end
    return inner
end
function file:reopen(mode)
    argument(mode, 1, "reopen", "string")
    local place = self.inner and self.inner:seek() or 0
    local inner = opened(self.path, mode, place)
    if not inner then error(self.path .. " stream reopen failed (invalid mode?)", 2) end
    self.inner:close()
    self.inner = inner
    return self
end
function rpm.open(path, mode)
    local inner, reason = opened(path, tostring(mode or "r"))
    if not inner then error(path .. " open failed: " .. reason, 2) end
    return setmetatable({ inner = inner, path = path }, file)
end

package.path = "/usr/lib/rpm/lua/?.lua"
package.cpath = ""
package.loaded.posix, package.loaded.rpm = posix, rpm
