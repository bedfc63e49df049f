//! Versions of Postgres: the oldest that will do, and how a server names its own.

/// The oldest major version that Nightdesk's schema runs on.
pub(super) const OLDEST_MAJOR: u32 = 14;

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` to 15 and what follows the product's name,
/// which other builds put their own in.
pub(super) fn parse_version(printed: &str) -> Option<(u32, String)> {
    let (_, version) = printed.strip_prefix("postgres (")?.split_once(") ")?;
    let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((digits.parse().ok()?, version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_distributions_print_them() {
        let major = |line| parse_version(line).map(|(major, _)| major);
        assert_eq!(
            major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(
            major("postgres (EnterpriseDB Advanced Server) 16.1"),
            Some(16)
        );
        assert_eq!(major("mysqld 8.0"), None);
    }
}
