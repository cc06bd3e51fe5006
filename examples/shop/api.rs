//! The shop over HTTP.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use spanwright::instrument;

use crate::payment::{Card, PaymentError};
use crate::shop::{Order, OrderId, Shop, ShopError, Status};
use crate::store::StoreError;

/// All routes.
pub fn routes(shop: Shop) -> Router {
    Router::new()
        .route("/orders", get(list_orders).post(place_order))
        .route("/orders/{id}", get(get_order))
        .with_state(shop)
}

#[derive(Deserialize)]
struct PlaceOrder {
    item: String,
    quantity: u32,
    card: Card,
}

// Equal prefixes make one family: `shop_http_calls_total{route,outcome}`, and the same for duration and in-flight.

#[instrument(
    name = "POST /orders",
    kind = server,
    record(body.item),
    fields(http.request.method = "POST", http.route = "/orders"),
    metrics(prefix = "shop_http", labels(route = "POST /orders"), in_flight),
    slo(
        latency("95%" < "250ms"),
        name = "orders_are_quick",
        description = "Customers wait for their order to be taken: most for less than a quarter of a second.",
    ),
)]
async fn place_order(
    State(shop): State<Shop>,
    Json(body): Json<PlaceOrder>,
) -> Result<(StatusCode, Json<Order>), ShopError> {
    let order = shop.place_order(&body.item, body.quantity, &body.card).await?;
    Ok((StatusCode::CREATED, Json(order)))
}

#[instrument(
    name = "GET /orders/{id}",
    kind = server,
    record(id),
    fields(http.request.method = "GET", http.route = "/orders/{id}"),
    metrics(prefix = "shop_http", labels(route = "GET /orders/{id}"), in_flight),
)]
async fn get_order(State(shop): State<Shop>, Path(id): Path<OrderId>) -> Result<Json<Order>, ShopError> {
    Ok(Json(shop.order(id)?))
}

#[derive(Deserialize)]
struct Filter {
    status: Option<Status>,
    limit: Option<u32>,
}

#[instrument(
    name = "GET /orders",
    kind = server,
    record(?filter.status),
    fields(http.request.method = "GET", http.route = "/orders"),
    metrics(prefix = "shop_http", labels(route = "GET /orders"), in_flight),
)]
async fn list_orders(
    State(shop): State<Shop>,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<Order>>, ShopError> {
    Ok(Json(shop.orders(filter.status, filter.limit.unwrap_or(20))?))
}

impl IntoResponse for ShopError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Payment(PaymentError::Declined) => StatusCode::PAYMENT_REQUIRED,
            Self::Payment(PaymentError::Failed) => StatusCode::BAD_GATEWAY,
            Self::Payment(PaymentError::TimedOut) => StatusCode::GATEWAY_TIMEOUT,
            Self::Store(StoreError::UnknownOrder(_)) => StatusCode::NOT_FOUND,
            Self::Store(StoreError::UnknownItem(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(StoreError::Refused(_)) => StatusCode::CONFLICT,
            Self::Store(StoreError::Database(error)) => {
                tracing::error!(%error, "the database failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        (status, Json(serde_json::json!({ "error": self.to_string() }))).into_response()
    }
}
