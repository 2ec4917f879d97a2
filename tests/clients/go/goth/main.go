// The example of goth. It sends neither PKCE nor a nonce, and all its refreshes go out at once.
package main

import (
	"context"
	"log"
	"net/http"
	"sync"
	"time"

	"clients/web"

	"github.com/gorilla/sessions"
	"github.com/markbates/goth"
	"github.com/markbates/goth/gothic"
	"github.com/markbates/goth/providers/openidConnect"
)

func main() {
	issuer, address := web.Arguments()
	redirectURL := "http://" + address + "/callback"

	provider, err := openidConnect.New("goth", "goth-secret", redirectURL, issuer+"/.well-known/openid-configuration", "email")
	if err != nil {
		log.Fatal(err)
	}
	goth.UseProviders(provider)

	store := sessions.NewCookieStore([]byte("a long random text of a test"))
	store.Options.Secure = false
	store.Options.SameSite = http.SameSiteLaxMode
	gothic.Store = store
	named := func(r *http.Request) *http.Request {
		return gothic.GetContextWithProvider(r, provider.Name())
	}
	log.Fatal(web.Serve(address, web.Client{
		EndSession: provider.OpenIDConfig.EndSessionEndpoint,
		Start: func(w http.ResponseWriter, r *http.Request) {
			gothic.BeginAuthHandler(w, named(r))
		},
		Finish: func(w http.ResponseWriter, r *http.Request) (*web.Session, error) {
			user, err := gothic.CompleteUserAuth(w, named(r))
			if err != nil {
				return nil, err
			}
			held := &held{provider: provider, user: user}
			return &web.Session{Access: held.access, IDToken: user.IDToken}, nil
		},
	}))
}

type held struct {
	provider *openidConnect.Provider
	user     goth.User
	lock     sync.Mutex
}

func (h *held) access(context.Context) (string, error) {
	h.lock.Lock()
	user := h.user
	h.lock.Unlock()
	if time.Now().Before(user.ExpiresAt.Add(-10 * time.Second)) {
		return user.AccessToken, nil
	}
	next, err := h.provider.RefreshToken(user.RefreshToken)
	if err != nil {
		return "", err
	}
	h.lock.Lock()
	defer h.lock.Unlock()
	h.user.AccessToken, h.user.RefreshToken, h.user.ExpiresAt = next.AccessToken, next.RefreshToken, next.Expiry
	return next.AccessToken, nil
}
