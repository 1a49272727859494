//! Where a value stands in a compose model: `services.web.environment`.

/// The keys from the top of a model down to a value, the last one first. Items of a list are called `[]`.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    above: Option<&'a Path<'a>>,
    part: &'a str,
    depth: usize,
}

/// A list of keys in which `*` stands for any key, as compose-go's `tree.Path` writes them.
pub(super) type Pattern = &'static [&'static str];

/// What an item of a list is called in a path.
pub(super) const ITEM: &str = "[]";

impl<'a> Path<'a> {
    /// The model itself.
    pub(super) const TOP: Self = Self { above: None, part: "", depth: 0 };

    /// The value behind `key` of the mapping at this path.
    pub(super) fn child(&'a self, key: &'a str) -> Self {
        Self { above: Some(self), part: key, depth: self.depth + 1 }
    }

    /// Its keys, the first one first.
    pub(super) fn keys(&self) -> Vec<&str> {
        let above = std::iter::successors(Some(self), |path| path.above);
        let mut keys: Vec<&str> = above.take(self.depth).map(|path| path.part).collect();
        keys.reverse();
        keys
    }

    /// Whether the path is one that `pattern` means.
    pub(super) fn matches(&self, pattern: &[&str]) -> bool {
        if pattern.len() != self.depth {
            return false;
        }
        let mut here = self;
        for expected in pattern.iter().rev() {
            if *expected != "*" && *expected != here.part {
                return false;
            }
            match here.above {
                Some(above) => here = above,
                None => return false,
            }
        }
        true
    }
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.above {
            None => Ok(()),
            Some(above) if above.depth == 0 => f.write_str(self.part),
            Some(above) => write!(f, "{above}.{}", self.part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_key() {
        let services = Path::TOP.child("services");
        let web = services.child("web");
        let command = web.child("command");
        assert!(command.matches(&["services", "*", "command"]));
        assert!(!web.matches(&["services", "*", "command"]));
        assert!(!command.matches(&["services", "db", "command"]));
        assert_eq!(command.to_string(), "services.web.command");
    }
}
