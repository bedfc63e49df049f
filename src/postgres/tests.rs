//! The promises of the module on real clusters: one cluster for all, the last one out stops it, and
//! whatever `kill -9` leaves is taken up again. Each test makes its own place in `/tmp`, where the
//! server's user can reach it; one that makes a cluster takes two to four seconds.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use super::identity::{ServerUser, current_uid};
use super::place::make_private_dir;
use super::postmaster::Postmaster;
use super::probe::{self, Answer, NAME};
use super::{Cluster, ClusterPlace, Installation, PostgresError};

/// A place that goes away with the test.
fn place() -> (tempfile::TempDir, ClusterPlace) {
    let dir = tempfile::Builder::new()
        .prefix("nightdesk-test-")
        .tempdir_in("/tmp")
        .unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let place = ClusterPlace::at(dir.path().join("postgres")).unwrap();
    (dir, place)
}

fn join(place: &ClusterPlace) -> Result<Cluster, PostgresError> {
    Cluster::join(place, &Installation::find()?, &mut |_| ())
}

fn execute(place: &ClusterPlace, sql: &str) -> Result<(), PostgresError> {
    match probe::knock(&place.socket(), NAME)? {
        Answer::Ready(mut session) => session.execute("run a test's statement", sql),
        other => panic!("not ready: {other:?}"),
    }
}

fn server_pid(place: &ClusterPlace) -> i32 {
    match Postmaster::of(&place.data()).unwrap() {
        Postmaster::Running(pid) => pid,
        other => panic!("no server: {other:?}"),
    }
}

fn kill_server(place: &ClusterPlace) {
    let pid = server_pid(place).to_string();
    assert!(
        Command::new("kill")
            .args(["-9", &pid])
            .status()
            .unwrap()
            .success()
    );
    while Postmaster::of(&place.data()).unwrap() != Postmaster::Stale {
        thread::yield_now();
    }
}

/// A process of the server's user that is no server: Postgres itself takes its number for one.
fn unrelated_process(place: &ClusterPlace) -> Child {
    let user = ServerUser::for_place(place.root()).unwrap();
    user.command(Path::new("sleep"), place.root())
        .arg("60")
        .spawn()
        .unwrap()
}

#[test]
fn one_cluster_is_made_for_all_and_the_last_one_out_stops_it() {
    let (_dir, place) = place();
    let arrive = || {
        let mut told = Vec::new();
        let cluster = Cluster::join(&place, &Installation::find().unwrap(), &mut |step| {
            told.push(step.to_owned());
        });
        (cluster.unwrap(), told)
    };
    let arrivals = thread::scope(|scope| {
        [(); 3]
            .map(|()| scope.spawn(arrive))
            .map(|thread| thread.join().unwrap())
    });
    let made = arrivals
        .iter()
        .flat_map(|(_, told)| told)
        .filter(|step| step.starts_with("making"))
        .count();
    assert_eq!(made, 1, "{arrivals:?}");

    let [(first, _), (second, _), (third, _)] = arrivals;
    first.leave().unwrap();
    drop(second);
    execute(&place, "select 1").unwrap();
    third.leave().unwrap();
    assert!(!place.socket().exists());
    assert_eq!(Postmaster::of(&place.data()).unwrap(), Postmaster::Absent);

    // On this same cluster, what a server says that dies at its start.
    let settings = place.data().join("postgresql.auto.conf");
    fs::write(&settings, "nonsense = 1\n").unwrap();
    let error = join(&place).unwrap_err();
    assert!(matches!(error, PostgresError::Start { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("unrecognized configuration parameter \"nonsense\""),
        "{error}"
    );
    fs::write(&settings, "").unwrap();
    join(&place).unwrap().leave().unwrap();
}

#[test]
fn a_killed_server_is_started_again_with_its_data() {
    let (_dir, place) = place();
    let first = join(&place).unwrap();
    execute(&place, "create table kept (n int)").unwrap();

    // While somebody is in.
    kill_server(&place);
    let second = join(&place).unwrap();
    execute(&place, "insert into kept values (1)").unwrap();

    // And with its number gone to another process, in both files that name it.
    kill_server(&place);
    let mut unrelated = unrelated_process(&place);
    for file in [
        place.data().join("postmaster.pid"),
        place.socket().with_added_extension("lock"),
    ] {
        let text = fs::read_to_string(&file).unwrap();
        let (_, rest) = text.split_once('\n').unwrap();
        fs::write(&file, format!("{}\n{rest}", unrelated.id())).unwrap();
    }
    let third = join(&place);
    unrelated.kill().unwrap();
    unrelated.wait().unwrap();
    let third = third.unwrap();
    execute(&place, "select 1 / count(*) from kept").unwrap();

    for cluster in [first, second, third] {
        cluster.leave().unwrap();
    }
    assert!(!place.socket().exists());
}

#[test]
fn a_killed_command_leaves_its_server_to_the_next_one() {
    let (_dir, place) = place();
    let this_test = thread::current().name().unwrap().to_owned();
    let child_test = this_test.replace(
        "a_killed_command_leaves_its_server_to_the_next_one",
        "joins_and_stays",
    );
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", &child_test, "--ignored", "--nocapture"])
        .env("NIGHTDESK_TEST_PLACE", place.root())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stderr.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .find(|line| line == "joined");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(said.is_some(), "the other command did not join");

    let pid = server_pid(&place);
    let next = join(&place).unwrap();
    assert_eq!(server_pid(&place), pid, "it was joined, not started anew");
    next.leave().unwrap();
    assert!(!place.socket().exists(), "the dead command is not counted");
}

/// The other process of the test above.
#[test]
#[ignore = "started by another test"]
fn joins_and_stays() {
    let Some(root) = env::var_os("NIGHTDESK_TEST_PLACE") else {
        return;
    };
    let _cluster = join(&ClusterPlace::at(root).unwrap()).unwrap();
    eprintln!("joined");
    thread::sleep(std::time::Duration::from_mins(1));
}

#[test]
fn a_long_and_odd_path_has_its_socket_elsewhere() {
    let (dir, _) = place();
    let deep = dir
        .path()
        .join("it's $HOME \"quoted\"")
        .join("x".repeat(90));
    fs::create_dir_all(&deep).unwrap();
    let place = ClusterPlace::at(deep).unwrap();
    let cluster = join(&place).unwrap();
    assert_eq!(place.socket_dir().parent(), Some(Path::new("/tmp")));
    execute(&place, "select 1").unwrap();
    cluster.leave().unwrap();

    // A folder that lets others in is not used.
    fs::set_permissions(place.socket_dir(), fs::Permissions::from_mode(0o755)).unwrap();
    let error = join(&place).unwrap_err();
    assert!(
        matches!(error, PostgresError::OpenSocketDir { mode: 0o755, .. }),
        "{error}"
    );
    fs::remove_dir(place.socket_dir()).unwrap();
}

#[test]
fn data_of_another_major_version_is_named_and_left_alone() {
    let (_dir, place) = place();
    let user = ServerUser::for_place(place.root()).unwrap();
    place.prepare(&user).unwrap();
    make_private_dir(&place.data(), &user).unwrap();
    fs::write(place.data().join("PG_VERSION"), "9.6\n").unwrap();

    let error = join(&place).unwrap_err();
    let data = place.data().display().to_string();
    assert!(
        error
            .to_string()
            .starts_with(&format!("`{data}` was made by Postgres 9.6, but Postgres ")),
        "{error}"
    );
    assert!(
        error
            .hint()
            .unwrap()
            .starts_with("install Postgres 9.6 beside it")
    );
    assert!(place.data().join("PG_VERSION").exists());
}

#[test]
fn a_place_that_cannot_be_used_is_named() {
    let (dir, place) = place();
    if current_uid().unwrap() == 0 {
        // The server's user cannot get through a private folder of root's.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let error = join(&place).unwrap_err();
        assert!(
            matches!(&error, PostgresError::Spawn { user, dir, .. } if user != "root" && dir == place.root())
        );

        // Nor does it take a cluster that is root's.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(place.data()).unwrap();
        let error = join(&place).unwrap_err();
        assert!(
            matches!(error, PostgresError::WrongOwner { owner: 0, .. }),
            "{error}"
        );
    } else {
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
        let error = join(&place).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("cannot create `{}`", place.root().display())
        );
        assert!(error.hint().unwrap().contains("DATABASE_URL"));
    }
}
