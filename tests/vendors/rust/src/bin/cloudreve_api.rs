//! cloudreve-api: its setting is the address. It never refreshes by itself, so a program that uses it does.

use std::env;

use cloudreve_api::api::v4::ApiV4Client;
use cloudreve_api::api::v4::models::RefreshTokenRequest;
use cloudreve_api::{CloudreveAPI, Error, LoginResponse, UnifiedClient};
use programs::{asked, say, text};
use serde_json::{Value, json};

#[tokio::main]
async fn main() {
    let url = env::var("RETICKET_URL").expect("an address");
    let mut api = CloudreveAPI::new(&url).await.expect("the version of the server");
    while let Some((name, given)) = asked() {
        say(result(&mut api, &name, &given).await);
    }
}

async fn result(api: &mut CloudreveAPI, name: &str, given: &Value) -> Result<Value, Error> {
    match name {
        "version" => Ok(json!(api.api_version().to_string())),
        "sign_in" => Ok(signed_in(api.login(text(given, "email"), text(given, "password")).await?)),
        "second_factor" => Ok(signed_in(api.login_2fa(text(given, "code")).await?)),
        "refresh" => refreshed(api, text(given, "token")).await,
        "sign_out" => sign_out(api, text(given, "token")).await,
        "capacity" => Ok(json!(api.get_storage_quota().await?.total)),
        "files" => Ok(json!(api.list_files("/", None, None).await?.items().len())),
        _ => unreachable!("{name}"),
    }
}

fn signed_in(response: LoginResponse) -> Value {
    let LoginResponse::V4(response) = response else { unreachable!("an old version") };
    json!({ "nickname": response.user.nickname, "refresh_token": response.token.refresh_token })
}

async fn refreshed(api: &mut CloudreveAPI, refresh_token: &str) -> Result<Value, Error> {
    let client = new_version(api);
    let token = client.refresh_token(&RefreshTokenRequest { refresh_token }).await?;
    client.set_token(token.access_token.clone());
    Ok(json!({ "access_token": token.access_token, "refresh_token": token.refresh_token }))
}

async fn sign_out(api: &mut CloudreveAPI, token: &str) -> Result<Value, Error> {
    new_version(api).delete_with_body("/session/token", &json!({ "refresh_token": token })).await
}

fn new_version(api: &mut CloudreveAPI) -> &mut ApiV4Client {
    let UnifiedClient::V4(client) = api.inner_mut() else { unreachable!("an old version") };
    client
}
