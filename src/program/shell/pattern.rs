//! Patterns of the shell: `*`, `?`, `[…]`; and braces.

use crate::syntax::shell::ast::{Part, Word};
use crate::trace::Text;

/// Words that a brace expansion may become.
const MAX_WORDS: usize = 256;

/// A pattern, matched in time proportional to pattern × string.
pub(super) struct Glob {
    tokens: Vec<Token>,
}

enum Token {
    Any,
    One,
    Exactly(char),
    Of(Vec<(char, char)>, bool),
}

impl Glob {
    pub(super) fn new(pattern: &str) -> Self {
        let characters: Vec<char> = pattern.chars().collect();
        let (mut tokens, mut at) = (Vec::new(), 0);
        while let Some(&character) = characters.get(at) {
            at += 1;
            tokens.push(match character {
                '*' => Token::Any,
                '?' => Token::One,
                '\\' => {
                    at += 1;
                    Token::Exactly(characters.get(at - 1).copied().unwrap_or('\\'))
                }
                '[' => match set(&characters, at) {
                    Some((token, end)) => {
                        at = end;
                        token
                    }
                    None => Token::Exactly('['),
                },
                other => Token::Exactly(other),
            });
        }
        Self { tokens }
    }

    pub(super) fn matches(&self, string: &str) -> bool {
        let characters: Vec<char> = string.chars().collect();
        let (mut token, mut at) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while at < characters.len() {
            match self.tokens.get(token) {
                Some(Token::Any) => {
                    retry = Some((token, at));
                    token += 1;
                }
                Some(one) if one.takes(characters[at]) => (token, at) = (token + 1, at + 1),
                _ => match retry {
                    Some((star, from)) => {
                        (token, at) = (star + 1, from + 1);
                        retry = Some((star, from + 1));
                    }
                    None => return false,
                },
            }
        }
        self.tokens.iter().skip(token).all(|token| matches!(token, Token::Any))
    }
}

impl Token {
    fn takes(&self, character: char) -> bool {
        match self {
            Self::Any => false,
            Self::One => true,
            Self::Exactly(c) => *c == character,
            Self::Of(ranges, inverted) => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&character)) != *inverted
            }
        }
    }
}

fn set(characters: &[char], mut at: usize) -> Option<(Token, usize)> {
    let inverted = matches!(characters.get(at), Some('!' | '^'));
    if inverted {
        at += 1;
    }
    let (start, mut ranges) = (at, Vec::new());
    loop {
        let from = *characters.get(at)?;
        if from == ']' && at > start {
            return Some((Token::Of(ranges, inverted), at + 1));
        }
        match (characters.get(at + 1), characters.get(at + 2)) {
            (Some('-'), Some(&to)) if to != ']' => {
                ranges.push((from, to));
                at += 3;
            }
            _ => {
                ranges.push((from, from));
                at += 1;
            }
        }
    }
}

/// `value` without the part at its end (or beginning) that `pattern` matches.
pub(super) fn strip(value: &Text, pattern: &Glob, suffix: bool, longest: bool) -> Text {
    let string = value.as_str();
    let mut cuts: Vec<usize> = string.char_indices().map(|(at, _)| at).chain([string.len()]).collect();
    // The longest suffix begins first, the longest prefix ends last.
    if suffix != longest {
        cuts.reverse();
    }
    let taken = |at: usize| if suffix { &string[at..] } else { &string[..at] };
    match cuts.into_iter().find(|at| pattern.matches(taken(*at))) {
        Some(at) if suffix => value.slice(0..at),
        Some(at) => value.slice(at..value.len()),
        None => value.clone(),
    }
}

/// `{1..4}` and `a{b,c}`, as far as a word is literal and holds one pair of braces.
pub(super) fn braces(word: &Word) -> Option<Vec<Text>> {
    if !word.text.as_str().contains('{') {
        return None;
    }
    let plain = word.parts.iter().all(|part| matches!(part, Part::Literal { quoted: false, .. }));
    let text = plain.then(|| word.as_literal()).flatten()?;
    let string = text.as_str();
    let open = string.find('{')?;
    let close = open + string[open..].find('}')?;
    let (before, inner, after) = (&string[..open], &string[open + 1..close], &string[close + 1..]);
    let choices: Vec<String> = match inner.split_once("..") {
        Some((from, to)) => {
            let (from, to): (i64, i64) = (from.parse().ok()?, to.parse().ok()?);
            let count = usize::try_from(from.abs_diff(to)).ok()?;
            let step = if from <= to { 1 } else { -1 };
            (count < MAX_WORDS).then(|| {
                (0..=count)
                    .scan(from, |n, _| Some(std::mem::replace(n, *n + step)))
                    .map(|n| n.to_string())
                    .collect()
            })?
        }
        None if inner.contains(',') => inner.split(',').map(str::to_owned).collect(),
        None => return None,
    };
    let words = choices.into_iter().take(MAX_WORDS).map(|choice| format!("{before}{choice}{after}"));
    Some(words.map(|word| Text::traced(word, text.trail())).collect())
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn globs_match_as_the_shell_has_them() {
        for (pattern, string, matches) in [
            ("*", "", true),
            ("web*", "web-1", true),
            ("*.py", "a.pyc", false),
            ("-*", "--workers", true),
            ("[a-c]?", "bx", true),
            ("[!a]", "a", false),
            ("[", "[", true),
            ("a*b*c", "aXbYbZc", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(string), matches, "{pattern} {string}");
        }
    }

    #[test]
    fn many_stars_end_soon() {
        assert!(!Glob::new(&"*a".repeat(40)).matches(&"a".repeat(39)));
    }
}
