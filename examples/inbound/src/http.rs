//! Health, for monitoring and for the curious.

use axum::{Router, extract::State, http::StatusCode, routing::get};
use tokio::sync::watch;

use crate::connection::Phase;

/// The pages of the server.
pub fn router(phase: watch::Receiver<Phase>) -> Router {
    Router::new()
        .route("/", get(about))
        .route("/healthz", get(health))
        .with_state(phase)
}

async fn about() -> &'static str {
    concat!(
        "inbound ",
        env!("CARGO_PKG_VERSION"),
        "\nMail is read over IMAP and POP3. GET /healthz says whether the server serves.\n"
    )
}

async fn health(State(phase): State<watch::Receiver<Phase>>) -> (StatusCode, &'static str) {
    match *phase.borrow() {
        Phase::Serving => (StatusCode::OK, "serving\n"),
        Phase::Draining | Phase::Ending => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
    }
}
