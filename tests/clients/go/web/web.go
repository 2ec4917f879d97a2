// Package web is a small application with sessions in memory, for a client to sign in to.
package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"sync"
)

// Session is that of one person.
type Session struct {
	// Access returns a valid access token; it refreshes an expired one.
	Access  func(context.Context) (string, error)
	IDToken string
}

// Client is what a library does.
type Client struct {
	// Start sends the browser to the provider.
	Start http.HandlerFunc
	// Finish reads the answer at the redirect URI.
	Finish func(http.ResponseWriter, *http.Request) (*Session, error)
	// EndSession is the provider's end_session_endpoint.
	EndSession string
}

// Arguments returns the issuer and the address to listen at.
func Arguments() (issuer, address string) {
	return os.Args[1], os.Args[2]
}

// Serve answers "/", "/callback", "/logout" and "/bye" until it fails.
func Serve(address string, client Client) error {
	var sessions sync.Map
	find := func(r *http.Request) *Session {
		cookie, err := r.Cookie("session")
		if err != nil {
			return nil
		}
		found, _ := sessions.Load(cookie.Value)
		session, _ := found.(*Session)
		return session
	}
	http.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		session, err := client.Finish(w, r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		id := rand.Text()
		sessions.Store(id, session)
		http.SetCookie(w, &http.Cookie{Name: "session", Value: id, Path: "/", HttpOnly: true})
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	http.HandleFunc("/logout", func(w http.ResponseWriter, r *http.Request) {
		session := find(r)
		http.SetCookie(w, &http.Cookie{Name: "session", Path: "/", MaxAge: -1})
		query := url.Values{"post_logout_redirect_uri": {"http://" + address + "/bye"}}
		if session != nil {
			query.Set("id_token_hint", session.IDToken)
		}
		http.Redirect(w, r, client.EndSession+"?"+query.Encode(), http.StatusSeeOther)
	})
	http.HandleFunc("/bye", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "signed out")
	})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		session := find(r)
		if session == nil {
			client.Start(w, r)
			return
		}
		token, err := session.Access(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprintln(w, token)
	})
	return http.ListenAndServe(address, nil)
}
