"""Texts of all kinds: those whose vectors are recorded, and those whose tokens are."""

import random

PROSE = (
    "The harbour froze over in the winter of 1709, and for eleven weeks no ship left the town. Merchants who had stored "
    "grain became rich; those who had stored silk did not. Children walked across the ice to the lighthouse, which nobody "
    "remembers having done before or since. When the thaw came it came in one night, with a noise that woke the bishop. "
)
CODE = '''func merge<T: Comparable>(_ a: [T], _ b: [T]) -> [T] {
  var result: [T] = []; result.reserveCapacity(a.count + b.count)
  var (i, j) = (0, 0)
  while i < a.count, j < b.count { if a[i] <= b[j] { result.append(a[i]); i += 1 } else { result.append(b[j]); j += 1 } }
  return result + a[i...] + b[j...] // O(n + m)
}
'''
MARKDOWN = """# Backing up

| what | where | how often |
|---|---|---|
| database | `/var/lib/rill` | hourly |
| uploads | *object store* | never |

1. Stop the service: `systemctl stop rill`
2. Copy the folder, **including** the `-wal` file.

> A copy of the database alone is not a backup. See [the manual](https://example.org/backup?x=1#wal).
"""

MEANT = [
    "",
    " ",
    "a",
    "Hello",
    "What is the capital of France?",
    "how do i reset my password",
    "and its side effects?",
    "heat transfer in slip flow",
    "The quick brown fox jumps over the lazy dog.",
    "THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG.",
    "Pneumonoultramicroscopicsilicovolcanoconiosis is a lung disease caused by very fine silica dust.",
    "Café Müller, Ångström, naïve façade, Dvořák, Łódź, smørrebrød",
    "Cafe\u0301 Mu\u0308ller, A\u030angstro\u0308m",
    "İstanbul'da ılık bir akşam",
    "Straße, GROSSE STRASSE, ﬁne ﬂow ﬀ",
    "ΑΒΓΔ Σίσυφος ΟΔΥΣΣΕΥΣ",
    "Быстрая коричневая лиса прыгает через ленивую собаку.",
    "الثعلب البني السريع يقفز فوق الكلب الكسول",
    "השועל החום המהיר קופץ מעל הכלב העצלן",
    "तेज भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है",
    "สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ",
    "敏捷的棕色狐狸跳过懒狗。今天天气很好，我们去公园散步吧！",
    "速い茶色のキツネは怠け者の犬を飛び越えます。",
    "빠른 갈색 여우가 게으른 개를 뛰어넘습니다.",
    "mixed 中文 and English 日本語 text 한국어 together",
    "I ❤️ pizza 🍕🍕🍕 and tacos 🌮!!! 😂",
    "👩‍👩‍👧‍👦 family, 🏳️‍🌈 flag, 👍🏽 thumbs, 🇩🇪 country",
    "🦀🐍🐘 = rust, python, postgres",
    "x = 3.14159 * r**2; y = -1e-9; 100%",
    "$1,234.56 – €99,99 — £5 ½ ¾ ² ³ №7 ™ © ®",
    "user@example.com https://example.org/path?query=1&other=%20#fragment C:\\Windows\\System32",
    "192.168.0.1:8080 fe80::1%eth0 00:1B:44:11:3A:B7",
    "\"Quoted\" ‘single’ “double” «guillemets» „low“ …",
    "tabs\tand\nnew\r\nlines\x0b\x0cand\u00a0hard\u2003spaces\u3000here",
    "zero\u200bwidth\u200cjoiners\u200d and \ufeffmarks and soft\u00adhyphens",
    "control \x00\x01\x02\x1b[31mred\x1b[0m \x7f characters \ufffd",
    "[CLS] the special [MASK] tokens [SEP] of [UNK] the model [PAD]",
    "don't can't won't it's o'clock rock'n'roll",
    "snake_case camelCase PascalCase kebab-case SCREAMING_SNAKE",
    "a" * 100,
    "a" * 101,
    "a" * 5000,
    "ab " * 400,
    "word-" * 120,
    "1234567890" * 12,
    "." * 300,
    "H₂O + CO₂ → H₂CO₃; E = mc²; ∀x∈ℝ: x² ≥ 0; ∑ᵢ aᵢ",
    "𝕳𝖊𝖑𝖑𝖔 𝓌𝓸𝓇𝓁𝒹 Ｆｕｌｌｗｉｄｔｈ ｔｅｘｔ",
    "Z̷̢͝a̵͖̚l̸͚̈́g̵̱͝o̶̙͝ ţ̵̛e̶͉͑x̴̗̍t̸̗̚",
    "ａｂｃ ÀÉÎÕÜ àéîõü ÿ Ñ ñ",
    PROSE,
    PROSE * 2,
    PROSE * 8,
    CODE,
    CODE * 4,
    MARKDOWN,
    MARKDOWN * 5,
    '{"id": 17, "tags": ["a", "b"], "nested": {"deep": null, "list": [1, 2.5, -3e4]}}',
    "SELECT d.id, count(*) FROM documents d JOIN chunks c ON c.document = d.id WHERE d.title LIKE '%wing%' GROUP BY 1;",
    "column: value; other column: 12.5; third: yes",
    "Section 4.2 > Installation > Debian\n\nInstall the package with apt-get install rill and start it.",
    "lift and drag of a delta wing at supersonic speed were measured in a wind tunnel at mach numbers from 1.2 to 3 .",
]

# One block of Unicode each, first and last code point, from which random words are made.
BLOCKS = [
    (0x00, 0x7F), (0x20, 0x7E), (0x20, 0x7E), (0x61, 0x7A), (0x80, 0xFF), (0x100, 0x17F), (0x180, 0x24F), (0x250, 0x2FF),
    (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x52F), (0x530, 0x5FF), (0x600, 0x6FF), (0x700, 0x8FF), (0x900, 0xDFF),
    (0xE00, 0xFFF), (0x1000, 0x13FF), (0x1400, 0x18AF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x2BFF),
    (0x2C00, 0x2FFF), (0x3000, 0x30FF), (0x3100, 0x33FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA000, 0xABFF),
    (0xAC00, 0xD7A3), (0xE000, 0xF8FF), (0xF900, 0xFAFF), (0xFB00, 0xFFFF), (0x10000, 0x10FFF), (0x11000, 0x1FFFF),
    (0x1D400, 0x1D7FF), (0x1F300, 0x1FAFF), (0x20000, 0x2FFFF), (0xE0000, 0xE01EF),
]  # fmt: skip


def random_texts(count: int, seed: int = 20261123) -> list[str]:
    """Words of one block, and words of all blocks mixed."""
    chance = random.Random(seed)

    def character(block: tuple[int, int]) -> str:
        return chr(chance.randint(*block))

    texts = []
    for index in range(count):
        block = BLOCKS[index % len(BLOCKS)]
        mixed = index % 3 == 2
        words = [
            "".join(
                character(chance.choice(BLOCKS) if mixed else block) for _ in range(chance.randint(1, 9))
            )
            for _ in range(chance.randint(1, 8))
        ]
        texts.append(" ".join(words))
    return texts
