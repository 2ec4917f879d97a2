//! The code flow of openidconnect's own page: requests on standard input, answers on standard output.
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, RedirectUrl, RefreshToken, Scope, TokenResponse, reqwest,
};
use std::error::Error;
use std::io::BufRead;
use std::thread;

fn main() -> Result<(), Box<dyn Error>> {
    let issuer = IssuerUrl::new(std::env::args().nth(1).ok_or("no issuer")?)?;
    let http_client = reqwest::blocking::ClientBuilder::new()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let redirect_url = RedirectUrl::new("http://127.0.0.1:3000/callback".to_string())?;

    let provider = CoreProviderMetadata::discover(&issuer, &http_client)?;
    let (id, secret) = (
        ClientId::new("rust".into()),
        ClientSecret::new("rust-secret".into()),
    );
    let client = CoreClient::from_provider_metadata(provider, id, Some(secret))
        .set_redirect_uri(redirect_url);

    let (pkce_challenge, pkce_verifier) = PkceCodeChallenge::new_random_sha256();
    let (auth_url, _state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("email".to_string()))
        .set_pkce_challenge(pkce_challenge)
        .url();
    println!("{auth_url}");

    let mut lines = std::io::stdin().lock().lines();
    let code = lines.next().ok_or("no code")??;
    let tokens = client
        .exchange_code(AuthorizationCode::new(code))?
        .set_pkce_verifier(pkce_verifier)
        .request(&http_client)
        .map_err(told)?;
    let id_token = tokens.id_token().ok_or("no ID token")?;
    id_token.claims(&client.id_token_verifier(), &nonce)?;
    println!("{}", id_token.to_string());

    let mut refresh_token = tokens.refresh_token().ok_or("no refresh token")?.clone();
    for line in lines {
        let at_once: usize = line?.parse()?;
        let answers: Vec<_> = thread::scope(|scope| {
            let refresh = || {
                client
                    .exchange_refresh_token(&refresh_token)
                    .map_err(|error| error.to_string())?
                    .request(&http_client)
                    .map_err(told)
            };
            let started: Vec<_> = (0..at_once).map(|_| scope.spawn(refresh)).collect();
            started.into_iter().map(|each| each.join().unwrap()).collect()
        });
        let said = answers.iter().map(|answer| match answer {
            Ok(next) => next.access_token().secret().clone(),
            Err(error) => error.clone(),
        });
        println!("{}", said.collect::<Vec<_>>().join("\t"));
        let newest = answers.iter().flatten().find_map(|next| next.refresh_token());
        refresh_token = newest.cloned().unwrap_or(refresh_token);
    }
    Ok(())
}

fn told<E: Error>(error: E) -> String {
    format!(
        "{error}: {}",
        error.source().map(ToString::to_string).unwrap_or_default()
    )
}
