//! Plans of managed PostgreSQL, as data: `rules/plans/*.yaml`, compiled in by `build.rs`, each with where its numbers come
//! from and when that was read.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/plans.rs"));

/// What a provider offers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Provider {
    name: String,
    title: String,
    /// Slots that the provider keeps for itself, where it says so.
    superuser_reserved: Option<u64>,
    sources: Vec<Source>,
    /// `max_connections` of each plan.
    plans: BTreeMap<String, u64>,
}

/// Where a number was read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    address: String,
    read: String,
    says: String,
}

impl Source {
    fn words(&self) -> String {
        format!("{}: {}, read {}", self.says, self.address, self.read)
    }
}

/// One plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The provider and the plan: "Amazon RDS for PostgreSQL db.t4g.medium".
    pub(super) title: String,
    pub(super) max_connections: u64,
    pub(super) superuser_reserved: Option<u64>,
}

fn providers() -> &'static [Provider] {
    static PROVIDERS: OnceLock<Vec<Provider>> = OnceLock::new();
    // The files are part of the program, and a test reads each of them: none fails here.
    PROVIDERS.get_or_init(|| FILES.iter().filter_map(|(_, text)| serde_yaml::from_str(text).ok()).collect())
}

/// The plan that `name` means: `aws-rds/db.t4g.medium`; or what is wrong with the name.
pub(super) fn plan(name: &str) -> Result<Plan, String> {
    let all = || providers().iter().map(|provider| provider.name.as_str()).collect::<Vec<_>>().join(", ");
    let Some((provider, plan)) = name.split_once('/') else {
        return Err(format!("a plan is PROVIDER/PLAN, as `neon/0.25`; the providers are {}", all()));
    };
    let Some(provider) = providers().iter().find(|known| known.name.eq_ignore_ascii_case(provider)) else {
        return Err(format!("no provider of that name is known; there are {}", all()));
    };
    let found = provider.plans.iter().find(|(known, _)| known.eq_ignore_ascii_case(plan));
    let Some((plan, &max_connections)) = found else {
        let plans = provider.plans.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(format!(
            "{} has no plan of that name here, so say `max-connections`; there are {plans} ({})",
            provider.title,
            provider.sources.iter().map(Source::words).collect::<Vec<_>>().join("; ")
        ));
    };
    Ok(Plan {
        title: format!("{} {plan}", provider.title),
        max_connections,
        superuser_reserved: provider.superuser_reserved,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_and_says_where_its_numbers_come_from() {
        for (path, text) in FILES {
            let provider: Provider =
                serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(*path, format!("rules/plans/{}.yaml", provider.name));
            assert!(!provider.sources.is_empty() && !provider.plans.is_empty(), "{path}");
            for source in &provider.sources {
                assert!(source.address.starts_with("https://") && !source.says.is_empty(), "{path}");
                let is_date =
                    source.read.len() == 10 && source.read.split('-').all(|part| part.parse::<u32>().is_ok());
                assert!(is_date, "{path}: {}", source.read);
            }
            assert!(provider.plans.values().all(|limit| (1..=5000).contains(limit)), "{path}");
        }
        assert_eq!(providers().len(), FILES.len());
    }

    #[test]
    fn a_plan_is_found_by_its_name() {
        let found = plan("azure-flexible/b1MS").unwrap();
        assert_eq!((found.max_connections, found.superuser_reserved), (50, Some(15)));
        assert_eq!(plan("neon/0.25").unwrap().title, "Neon 0.25");
        assert_eq!(plan("heroku-postgres/standard-0").unwrap().max_connections, 120);
        // A pooler keeps nothing for superusers.
        assert_eq!(plan("fly-mpg/launch").unwrap().superuser_reserved, Some(0));
        for (name, says) in
            [("neon", "PROVIDER/PLAN"), ("compose/standard-0", "no provider"), ("neon/x", "no plan")]
        {
            assert!(plan(name).is_err_and(|error| error.contains(says)), "{name}");
        }
    }
}
