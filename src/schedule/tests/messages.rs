//! What is said to somebody who mistypes a schedule.

use super::super::Schedule;

#[test]
fn every_mistake_is_told_with_what_was_probably_meant() {
    let mistakes = [
        ("* * *", "UTC"),
        ("0 30 2 * * 1", "UTC"),
        ("61 * * * *", "UTC"),
        ("0 24 * * *", "UTC"),
        ("0 0 0 * *", "UTC"),
        ("0 0 * 13 *", "UTC"),
        ("0 0 * * 8", "UTC"),
        ("30 2 31 2 *", "UTC"),
        ("0 0 31 4,6 *", "UTC"),
        ("@reboot", "UTC"),
        ("@fortnightly", "UTC"),
        ("0 2 * * mo", "UTC"),
        ("x 2 * * *", "UTC"),
        ("0 2 ? * 1", "UTC"),
        ("0 2 L * *", "UTC"),
        ("0 2 * * 5#2", "UTC"),
        ("0 2, * * *", "UTC"),
        ("0 22-4 * * *", "UTC"),
        ("0 2 * * fri-mon", "UTC"),
        ("0 2 * * 7-1", "UTC"),
        ("0 2 * nov-feb/2 *", "UTC"),
        ("0 22-4/2 * * *", "UTC"),
        ("0 22-4/90 * * *", "UTC"),
        ("0 2 * * 7/2", "UTC"),
        ("*/90 * * * *", "UTC"),
        ("*/0 * * * *", "UTC"),
        ("*/x * * * *", "UTC"),
        ("5/15 * * * *", "UTC"),
        ("99999999999 * * * *", "UTC"),
        ("@daily", "Europe/Lodnon"),
        ("@daily", "berlin"),
        ("@daily", "W. Europe Standard Time"),
        ("@daily", "Nepal Standard Time"),
        ("@daily", "PST"),
        ("@daily", "Mars/Olympus_Mons"),
        ("@daily", ""),
    ];
    let told: String = mistakes
        .iter()
        .map(|(crontab, zone)| {
            let error = Schedule::parse(crontab, zone, None, None).expect_err(crontab);
            let problem = error.problem();
            format!(
                "{} = {problem}\n",
                if zone == &"UTC" { crontab } else { zone }
            )
            .replace("\n\nhint: ", "\n    ")
        })
        .collect();
    insta::assert_snapshot!(told, @"
    * * * = `schedule`: must have five fields (minute hour day month weekday), given 3 in `* * *`
        `30 2 * * 1-5` is half past two, Monday to Friday; `@daily` is midnight
    0 30 2 * * 1 = `schedule`: must have five fields (minute hour day month weekday), given 6 in `0 30 2 * * 1`
        a crontab has no seconds and no years; `30 2 * * 1-5` is half past two, Monday to Friday
    61 * * * * = `schedule`: the minute must be from 0 to 59, given 61
        the fields are minute, hour, day, month and weekday, in this order
    0 24 * * * = `schedule`: the hour must be from 0 to 23, given 24
        the fields are minute, hour, day, month and weekday, in this order
    0 0 0 * * = `schedule`: the day must be from 1 to 31, given 0
        the fields are minute, hour, day, month and weekday, in this order
    0 0 * 13 * = `schedule`: the month must be from 1 to 12, given 13
        the fields are minute, hour, day, month and weekday, in this order
    0 0 * * 8 = `schedule`: the weekday must be from 0 to 7, given 8
        0 and 7 are Sunday, 1 is Monday
    30 2 31 2 * = `schedule`: `30 2 31 2 *` never comes: no month of it has such a day
        a day that some years have, such as 29 February, is fine
    0 0 31 4,6 * = `schedule`: `0 0 31 4,6 *` never comes: no month of it has such a day
        a day that some years have, such as 29 February, is fine
    @reboot = `schedule`: `@reboot` is no schedule
        a campaign fires at times, not when a machine starts; by hand it can be run at any time
    @fortnightly = `schedule`: `@fortnightly` is no schedule
        there are `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly`
    0 2 * * mo = `schedule`: `mo` cannot be read as weekday
        it holds numbers or the names sun to sat: `*`, `1,5`, `2-6`, `*/2`
    x 2 * * * = `schedule`: `x` cannot be read as minute
        it holds numbers: `*`, `5`, `1,15`, `9-17`, `*/10`
    0 2 ? * 1 = `schedule`: `?` cannot be read as day
        write `*` for any
    0 2 L * * = `schedule`: `L` cannot be read as day
        `L`, `W` and `#` are not understood; `0 2 22-28 * *` is the fourth week of a month
    0 2 * * 5#2 = `schedule`: `5#2` cannot be read as weekday
        `L`, `W` and `#` are not understood; `0 2 22-28 * *` is the fourth week of a month
    0 2, * * * = `schedule`: `` cannot be read as hour
        it holds numbers: `*`, `5`, `1,15`, `9-17`, `*/10`
    0 22-4 * * * = `schedule`: the range `22-4` of the hour runs backwards
        over the end it is `22-23,0-4`
    0 2 * * fri-mon = `schedule`: the range `fri-mon` of the weekday runs backwards
        over the end it is `5-6,0-1`
    0 2 * * 7-1 = `schedule`: the range `7-1` of the weekday runs backwards
        write `0-1`
    0 2 * nov-feb/2 * = `schedule`: the range `nov-feb/2` of the month runs backwards
        over the end it is `11,1`
    0 22-4/2 * * * = `schedule`: the range `22-4/2` of the hour runs backwards
        over the end it is `22,0-4/2`
    0 22-4/90 * * * = `schedule`: the step of the hour must be from 1 to 23, given `90`
        a step counts inside its field; `0 */6 * * *` is every six hours
    0 2 * * 7/2 = `schedule`: `7/2` is a step without a range
        write the range: `0-6/2`
    */90 * * * * = `schedule`: the step of the minute must be from 1 to 59, given `90`
        a step counts inside its field; `0 */6 * * *` is every six hours
    */0 * * * * = `schedule`: the step of the minute must be from 1 to 59, given `0`
        a step counts inside its field; `0 */6 * * *` is every six hours
    */x * * * * = `schedule`: the step of the minute must be from 1 to 59, given `x`
        a step counts inside its field; `0 */6 * * *` is every six hours
    5/15 * * * * = `schedule`: `5/15` is a step without a range
        write the range: `5-59/15`
    99999999999 * * * * = `schedule`: the minute must be from 0 to 59, given 99999999999
        the fields are minute, hour, day, month and weekday, in this order
    Europe/Lodnon = `timezone`: no time zone is named `Europe/Lodnon`
        did you mean `Europe/London`?
    berlin = `timezone`: no time zone is named `berlin`
        did you mean `Europe/Berlin`?
    W. Europe Standard Time = `timezone`: no time zone is named `W. Europe Standard Time`
        did you mean `Europe/Berlin`?
    Nepal Standard Time = `timezone`: no time zone is named `Nepal Standard Time`
        that is how Windows names zones; IANA names are like `Europe/London`
    PST = `timezone`: no time zone is named `PST`
        did you mean `America/Los_Angeles`?
    Mars/Olympus_Mons = `timezone`: no time zone is named `Mars/Olympus_Mons`
        zones have IANA names, such as `Europe/London`, `America/New_York` or `UTC`
     = `timezone`: no time zone is named ``
        zones have IANA names, such as `Europe/London`, `America/New_York` or `UTC`
    ");
}

#[test]
fn what_people_write_is_understood() {
    for (crontab, zone) in [
        (" 30   2 * * 1-5 ", "Europe/London"),
        ("0 0 * JAN-mar Sun,WED", "europe/berlin"),
        ("0 9-17/2 1,15 */2 0-7", "America/Argentina/Buenos_Aires"),
        ("*,5 * * * 7", "Etc/GMT+3"),
        ("@Midnight", "EST"),
    ] {
        Schedule::parse(crontab, zone, None, None).expect(crontab);
    }
}
