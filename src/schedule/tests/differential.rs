//! Crontabs as another crate reads them, in civil time: there it has no clock changes to decide.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use croner::Cron;
use proptest::prelude::*;

use super::{crontabs, schedule, utc};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn another_crate_reads_every_crontab_in_the_same_way(crontab in crontabs(), day in 0i64..12_000) {
        // There, `*/2` restricts a day; here and in Vixie cron, what begins with `*` does not.
        let fields: Vec<&str> = crontab.split(' ').collect();
        prop_assume!(!(fields[2].starts_with("*/") && fields[4] != "*"));
        prop_assume!(!(fields[4].starts_with("*/") && fields[2] != "*"));
        let start = utc("2000-01-01T00:00:00Z") + chrono::Duration::days(day);
        let theirs = Cron::from_str(&crontab).expect("a crontab");
        let theirs: Vec<DateTime<Utc>> = theirs.iter_after(start).take(50).collect();
        let ours = schedule(&crontab, "UTC");
        let ours: Vec<DateTime<Utc>> = ours.after(start).map(|slot| slot.instant).take(50).collect();
        prop_assert_eq!(ours, theirs, "{}", crontab);
    }
}
