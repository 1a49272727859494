//! Programs that would never end, or grow for ever.

use std::time::{Duration, Instant};

use super::*;

const ENGINE: &str =
    "from sqlalchemy import create_engine\nengine = create_engine('postgresql://db/x', pool_size=3)\n";

#[test]
fn whatever_a_module_does_the_engine_beside_it_is_found() {
    let calls: Vec<String> =
        (0..40).map(|n| format!("def f{n}():\n    return [f{m}(), f{m}()]\n", m = n + 1)).collect();
    let calls = format!("{}def f40():\n    return 1\nx = f0()\n", calls.concat());
    let branches =
        "import a\n".to_owned() + &"if a.b():\n    x = a.c()\nelse:\n    x = {'k': a.d()}\n".repeat(400);
    let guards: Vec<String> = (0..400).map(|n| format!("    if a.b({n}):\n        return {n}\n")).collect();
    let guards = format!("import a\ndef f():\n{}x = f()\n", guards.concat());
    for (name, source) in [
        ("a string that doubles", "s = 'ab'\nfor i in range(200):\n    s = s + s\n".to_owned()),
        ("a list that doubles", "s = [1, 2]\nfor i in range(200):\n    s = s + s\n".to_owned()),
        ("a format that doubles", "s = 'ab'\nfor i in range(200):\n    s = f'{s}{s}'\n".to_owned()),
        (
            "a replacement that grows",
            "s = 'ab'\nfor i in range(200):\n    s = s.replace('a', s)\n".to_owned(),
        ),
        ("an endless loop", "while True:\n    x = 1\n".to_owned()),
        ("a recursion", "def f(n):\n    return f(n + 1) + f(n + 2)\nx = f(0)\n".to_owned()),
        (
            "a comprehension of comprehensions",
            "x = [[[a for a in range(900)] for b in range(900)] for c in range(900)]\n".to_owned(),
        ),
        ("a tree of calls", calls),
        ("many branches", branches),
        ("many guards", guards),
        (
            "a class that is its own base",
            "class A:\n    pass\nclass A(A):\n    def f(self):\n        return self.g.h\nA().f()\n"
                .to_owned(),
        ),
        ("brackets without end", "(".repeat(100_000)),
        ("Python 2", "print 'x'\n".to_owned()),
        ("a way without end", "x = 1\nfor i in range(250):\n    x = x\n".to_owned()),
    ] {
        let main = "import app.db\nimport app.other\n";
        let begin = Instant::now();
        let program = program(&[("app/main.py", main), ("app/other.py", &source), ("app/db.py", ENGINE)]);
        assert_eq!(program.summary(), ["engine 3+10=13"], "{name}");
        assert!(begin.elapsed() < Duration::from_mins(1), "{name}");
    }
}
