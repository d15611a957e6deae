//! Real sockets on loopback, with short deadlines.

use std::time::Duration;

use poem::http::StatusCode;
use poem::{Request, Route, get, handler};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use super::*;
use crate::domain::time::Stopwatch;

#[handler]
fn hello() -> &'static str {
    "hello"
}

#[handler]
async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(300)).await;
    "done"
}

#[handler]
async fn endless() -> &'static str {
    std::future::pending::<()>().await;
    "never"
}

#[handler]
fn who(request: &Request) -> String {
    format!("{}", request.extensions().get::<Operator>().is_some())
}

struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

async fn run(change: impl FnOnce(&mut ServerConfig)) -> Running {
    let mut config = ServerConfig {
        listen: "127.0.0.1:0".to_owned(),
        header_timeout_s: 1,
        drain_s: 1,
        ..ServerConfig::default()
    };
    change(&mut config);
    let listener = Listener::bind(&config).await.expect("a free port");
    let (address, stop) = (listener.address(), CancellationToken::new());
    let app = Route::new()
        .at("/", get(hello))
        .at("/slow", get(slow))
        .at("/endless", get(endless))
        .at("/who", get(who));
    let task = tokio::spawn(listener.serve(Arc::new(app), stop.clone()));
    Running {
        address,
        stop,
        task,
    }
}

async fn exchange(address: SocketAddr, sent: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(sent.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn ask(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn a_request_is_answered() {
    let running = run(|_| ()).await;
    let answer = exchange(running.address, &ask("/")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.ends_with("hello"), "{answer}");
    let answer = exchange(running.address, &ask("/who")).await;
    assert!(
        answer.ends_with("false"),
        "the network is nobody's operator"
    );
}

#[tokio::test]
async fn silence_and_dripping_heads_are_ended() {
    let running = run(|_| ()).await;
    for sent in ["", "GET / HT", "GET / HTTP/1.1\r\nhost: localhost\r\nx-"] {
        let watch = Stopwatch::start();
        let answer = tokio::time::timeout(Duration::from_secs(8), exchange(running.address, sent));
        let answer = answer.await.expect("closed by the box");
        assert!(!answer.contains("200 OK"), "{sent:?}: {answer}");
        assert!(watch.elapsed() >= Duration::from_millis(900), "{sent:?}");
    }
}

#[tokio::test]
async fn an_address_with_its_share_of_connections_waits_its_turn() {
    let running = run(|config| config.connections_per_address = 1).await;
    let held = TcpStream::connect(running.address).await.expect("first");
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(exchange(running.address, &ask("/")).await, "");
    drop(held);
    for _ in 0..50 {
        if exchange(running.address, &ask("/"))
            .await
            .ends_with("hello")
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the place was not given back");
}

#[tokio::test]
async fn stopping_lets_answers_finish_and_then_ends_what_is_left() {
    let running = run(|_| ()).await;
    let (slow_path, endless_path) = (ask("/slow"), ask("/endless"));
    let finishing = exchange(running.address, &slow_path);
    let hanging = exchange(running.address, &endless_path);
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        running.stop.cancel();
    };
    let (finished, hung, ()) = tokio::join!(finishing, hanging, stopping);
    assert!(finished.ends_with("done"), "{finished}");
    assert_eq!(hung, "");
    tokio::time::timeout(Duration::from_secs(3), running.task)
        .await
        .expect("within the drain deadline")
        .expect("no panic");
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn plain_http_beyond_loopback_has_to_be_asked_for() {
    let mut config = ServerConfig {
        listen: "0.0.0.0:0".to_owned(),
        ..ServerConfig::default()
    };
    let refused = Listener::bind(&config).await;
    assert!(matches!(refused, Err(NetError::PlainHttp { .. })));
    config.insecure_http = true;
    assert!(Listener::bind(&config).await.is_ok());
    config.listen = "nonsense".to_owned();
    let wrong = Listener::bind(&config).await;
    assert!(matches!(wrong, Err(NetError::Address { .. })));
}

#[tokio::test]
async fn the_control_socket_is_the_operators_alone() {
    use std::os::unix::fs::PermissionsExt;
    let data = tempfile::tempdir().expect("a folder");
    let missing = call(data.path(), hyper::Method::GET, "/who", None).await;
    assert!(matches!(missing, Err(NetError::NotRunning { .. })));
    std::fs::write(socket_path(data.path()), "left behind").expect("a stale file");

    let stop = CancellationToken::new();
    let control = Control::bind(data.path()).expect("a socket");
    let app = Arc::new(Route::new().at("/who", get(who)));
    let task = tokio::spawn(control.serve(app, stop.clone()));
    let reply = call(data.path(), hyper::Method::GET, "/who", None)
        .await
        .expect("an answer");
    assert_eq!(
        (reply.status, &reply.body[..]),
        (StatusCode::OK, &b"true"[..])
    );
    let mode = std::fs::metadata(socket_path(data.path()))
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    stop.cancel();
    task.await.expect("no panic");
    assert!(!socket_path(data.path()).exists());
}
