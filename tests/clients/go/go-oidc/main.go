// The example of go-oidc, with the token source of x/oauth2.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log"
	"net/http"

	"clients/web"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

func main() {
	issuer, address := web.Arguments()
	redirectURL := "http://" + address + "/callback"
	ctx := context.Background()

	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		log.Fatal(err)
	}
	scopes := []string{oidc.ScopeOpenID, "email", oidc.ScopeOfflineAccess}
	config := oauth2.Config{ClientID: "go", ClientSecret: "go-secret", Endpoint: provider.Endpoint(), RedirectURL: redirectURL, Scopes: scopes}
	verifier := provider.Verifier(&oidc.Config{ClientID: "go"})

	var said struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&said); err != nil {
		log.Fatal(err)
	}
	log.Fatal(web.Serve(address, web.Client{
		EndSession: said.EndSession,
		Start: func(w http.ResponseWriter, r *http.Request) {
			state, nonce := rand.Text(), rand.Text()
			http.SetCookie(w, &http.Cookie{Name: "state", Value: state, Path: "/"})
			http.SetCookie(w, &http.Cookie{Name: "nonce", Value: nonce, Path: "/"})
			http.Redirect(w, r, config.AuthCodeURL(state, oidc.Nonce(nonce)), http.StatusFound)
		},
		Finish: func(_ http.ResponseWriter, r *http.Request) (*web.Session, error) {
			return finish(ctx, r, &config, verifier)
		},
	}))
}

func finish(ctx context.Context, r *http.Request, config *oauth2.Config, verifier *oidc.IDTokenVerifier) (*web.Session, error) {
	query := r.URL.Query()
	if state, err := r.Cookie("state"); err != nil || state.Value != query.Get("state") {
		return nil, errors.New("state did not match")
	}
	if refused := query.Get("error"); refused != "" {
		return nil, errors.New(refused + ": " + query.Get("error_description"))
	}
	token, err := config.Exchange(ctx, query.Get("code"))
	if err != nil {
		return nil, err
	}
	raw, _ := token.Extra("id_token").(string)
	idToken, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	if nonce, err := r.Cookie("nonce"); err != nil || nonce.Value != idToken.Nonce {
		return nil, errors.New("nonce did not match")
	}
	tokens := config.TokenSource(ctx, token)
	access := func(context.Context) (string, error) {
		next, err := tokens.Token()
		if err != nil {
			return "", err
		}
		return next.AccessToken, nil
	}
	return &web.Session{Access: access, IDToken: raw}, nil
}
