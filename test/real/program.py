import bz2, collections, dataclasses, decimal, functools, hashlib, itertools, json, math, os, random, re, sqlite3, struct, sys, zlib

print(sys.argv, sys.stdin.read(), os.environ.get("NAME"))
print(math.factorial(60), pow(3, 10**12, 10**9 + 7), math.pi, math.gamma(5.5), 0.1 + 0.2, float("1e308") * 10)
print(decimal.Decimal(2).sqrt(decimal.Context(prec=50)))
print(re.sub(r"(\w+) (\w+)", r"\2 \1", "hello world and the moon"))
data = b"".join(struct.pack("<IdH", i, i / 7, i % 65536) for i in range(3000))
print(hashlib.sha256(data).hexdigest(), zlib.crc32(data), len(zlib.compress(data, 9)), zlib.decompress(zlib.compress(data)) == data)
try:
    print(bz2.decompress(bz2.compress(data)) == data)
except NameError as error:
    print(error)


@dataclasses.dataclass(order=True)
class Animal:
    name: str
    legs: int = 4
    notes: list = dataclasses.field(default_factory=list)


print(sorted([Animal("snake", 0), Animal("cow"), Animal("bird", 2, ["sings"])]))
print(json.dumps({"b": [1, 2.5, None, True], "a": "\u20ac\U0001f980"}, sort_keys=True), json.loads('{"x": [1e3, "\\u00e9"]}'))
print(collections.Counter("mississippi").most_common(), list(itertools.permutations("abc", 2)))


@functools.lru_cache(None)
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


print([fibonacci(n) for n in range(0, 151, 10)])
random.seed(7)
print([random.randrange(1000) for _ in range(8)], random.gauss(0, 1))


def primes():
    sieve = {}
    for q in itertools.count(2):
        p = sieve.pop(q, None)
        if p is None:
            sieve[q * q] = q
            yield q
        else:
            x = q + p
            while x in sieve:
                x += p
            sieve[x] = p


print(sum(itertools.islice(primes(), 1000)))
database = sqlite3.connect(":memory:")
database.execute("create table words (word text, times int)")
database.executemany("insert into words values (?, ?)", collections.Counter("the cow and the moon and the fox".split()).items())
print(database.execute("select word, times from words where times > 1 order by times desc, word").fetchall())
with open("made.txt", "w", encoding="utf-8") as file:
    file.writelines(f"{i:03}\n" for i in range(100))
with open("made.txt", encoding="utf-8") as file:
    print(sum(int(line) for line in file), os.path.getsize("made.txt"), os.path.exists("none"))
os.remove("made.txt")
try:
    open("/etc/passwd")
except OSError as error:
    print(type(error).__name__)


def deep(n):
    return 0 if n == 0 else deep(n - 1) + 1


print(deep(100))
try:
    [][1]
except IndexError as error:
    print(error, error.__traceback__.tb_lineno)
