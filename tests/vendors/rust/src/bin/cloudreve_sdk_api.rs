//! cloudreve-sdk-api: its setting is the address. It refreshes a token whose time is over.

use std::env;
use std::sync::{Arc, Mutex};

use cloudreve_sdk_api::api::user::UserApi;
use cloudreve_sdk_api::client::RequestOptions;
use cloudreve_sdk_api::error::ApiError;
use cloudreve_sdk_api::models::user::{LoginResponse, RefreshTokenRequest};
use cloudreve_sdk_api::{Client, ClientConfig};
use programs::{asked, say, text};
use serde_json::{Value, json};

/// The refresh token that it got last.
static REFRESHED: Mutex<Option<String>> = Mutex::new(None);

#[tokio::main]
async fn main() {
    let mut client = Client::new(ClientConfig::new(env::var("RETICKET_URL").expect("an address")));
    client.set_on_credential_refreshed(Arc::new(|token| {
        Box::pin(async move { *REFRESHED.lock().expect("a lock") = Some(token.refresh_token) })
    }));
    while let Some((name, given)) = asked() {
        say(result(&client, &name, &given).await);
    }
}

async fn result(client: &Client, name: &str, given: &Value) -> Result<Value, ApiError> {
    match name {
        "sign_in" => signed_in(client, client.login(text(given, "email"), text(given, "password")).await?).await,
        "me" => Ok(json!(client.get_user_me().await?.nickname)),
        "capacity" => Ok(json!(client.get_user_capacity().await?.total)),
        "refreshed" => Ok(json!(*REFRESHED.lock().expect("a lock"))),
        "sign_out" => sign_out(client, text(given, "token")).await,
        _ => unreachable!("{name}"),
    }
}

async fn signed_in(client: &Client, response: LoginResponse) -> Result<Value, ApiError> {
    client.set_tokens_with_expiry(&response.token).await?;
    Ok(json!({ "nickname": response.user.nickname, "refresh_token": response.token.refresh_token }))
}

async fn sign_out(client: &Client, refresh_token: &str) -> Result<Value, ApiError> {
    let body = RefreshTokenRequest { refresh_token: refresh_token.to_string() };
    client.delete_with_body("/session/token", &body, RequestOptions::new().no_credential()).await
}
