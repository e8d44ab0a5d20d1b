-- What an interpreter does all day; each line that is printed has its expected form in tests/e2e/test_programs.py.
local path = ...

-- Strings and their patterns.
local words = {}
for word in ("the quick brown fox jumps over the lazy dog"):gmatch("%a+") do words[#words + 1] = word end
table.sort(words)
print(#words, table.concat(words, " "))
print(("a=1, b=22"):gsub("(%w+)=(%w+)", "%2=%1"))
print(string.format("%5.2f|%-4s|%04x|%q", math.pi, "ab", 48879, 'say "hi"'))
print(utf8.len("grüße"), #"grüße", string.unpack("<i4", string.pack("<i4", -5)))

-- Closures, tables and their metatables.
local function counter()
  local count = 0
  return function() count = count + 1; return count end
end
local one, two = counter(), counter()
print(one(), one(), two())
local vector = setmetatable({}, {__index = function(_, key) return key * key end, __call = function(_, a, b) return a // b end})
print(vector[12], vector(7, 2), 7 // -2, 7 % -3, 1 << 62, math.maxinteger + 1 == math.mininteger)

-- Numbers that are known.
local sieve, primes = {}, 0
for i = 2, 100000 do
  if not sieve[i] then
    primes = primes + 1
    for j = i * i, 100000, i do sieve[j] = true end
  end
end
local function queens(row, columns, up, down)
  if row == 8 then return 1 end
  local found = 0
  for c = 0, 7 do
    if not (columns[c] or up[row + c] or down[row - c]) then
      columns[c], up[row + c], down[row - c] = true, true, true
      found = found + queens(row + 1, columns, up, down)
      columns[c], up[row + c], down[row - c] = nil, nil, nil
    end
  end
  return found
end
local crc = 0xffffffff
for byte in ("123456789"):gmatch(".") do
  crc = crc ~ byte:byte()
  for _ = 1, 8 do crc = (crc >> 1) ~ (0xedb88320 & -(crc & 1)) end
end
print(primes, queens(0, {}, {}, {}), string.format("%x", crc ~ 0xffffffff))

-- Errors, which are long jumps: out of functions, out of C, out of coroutines.
local caught = 0
for _ = 1, 10000 do
  if not pcall(error, {}) then caught = caught + 1 end
end
print(caught, pcall(error, "plain", 0))
print(select(2, pcall(function() return nil + 1 end)))
local function endless() return 1 + endless() end
print(select(2, pcall(endless)):match("stack overflow"))
local steps = coroutine.wrap(function(a)
  for _ = 1, 2 do a = coroutine.yield(a * 2) end
  error({code = 7})
end)
print(steps(1), steps(5), select(2, pcall(steps, 0)).code)

-- Files.
local lines, bytes = 0, 0
for line in io.lines(path) do lines, bytes = lines + 1, bytes + #line end
print(lines, bytes)
local copy <close> = assert(io.open(path .. ".copy", "w+"))
copy:write("one\n", 2, "\n")
copy:seek("set", 4)
print(copy:read("n"), copy:read("a") == "\n", io.open("/etc/passwd"))
print(os.remove(path .. ".copy"), os.rename(path .. ".absent", path), os.getenv("WHO"))
