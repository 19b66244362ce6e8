-- What of rpm's Lua is easier said in Lua. Gets the function that collects printed text.
local collect = ...
local posix, rpm = posix, rpm
local open, select, tostring, concat, type = io.open, select, tostring, table.concat, type

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
        return rpm.isdefined(name) and rpm.expand("%{" .. name .. "}") or nil
    end,
    __newindex = function(_, name, body)
        if body == nil then rpm.undefine(name) else rpm.define(name .. " " .. body) end
    end,
})

-- Files of rpm: as those of io, but a read without a size is one of the rest.
local file = {}
file.__index = file
function file:read(size) return self.inner:read(size or "a") end
function file:write(...)
    local done, reason, errno = self.inner:write(...)
    if not done then return nil, reason, errno end
    return self
end
function file:seek(...) return self.inner:seek(...) end
function file:flush() return self.inner:flush() end
function file:close() return self.inner:close() end
function file:reopen() error("compressed files are not supported", 2) end
function rpm.open(path, mode)
    local plain, codec = tostring(mode or "r"):match("^([^.]*)%.?(.*)$")
    if codec ~= "" and codec ~= "fpio" and codec ~= "fdio" and codec ~= "ufdio" then
        error("compressed files are not supported", 2)
    end
    local inner, reason = open(path, plain)
    if not inner then
        error(path .. " open failed: " .. reason:sub(#path + 3), 2)
    end
    return setmetatable({ inner = inner }, file)
end

package.path = "/usr/lib/rpm/lua/?.lua"
package.cpath = ""
package.loaded.posix, package.loaded.rpm = posix, rpm
