// Reads lines `way kind token`, and says what the program of the page says.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

func main() {
	published, err := keyfunc.NewDefault([]string{issuer + "/.well-known/jwks.json"})
	if err != nil {
		log.Fatal(err)
	}
	ways := map[string]func(kind, token string) (jwt.MapClaims, error){
		"published": func(kind, token string) (jwt.MapClaims, error) {
			return byPublishedKeys(published, kind, token)
		},
		"introspection": byIntrospection,
		"shared":        bySharedKey,
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		said := strings.Fields(lines.Text())
		claims, err := ways[said[0]](said[1], said[2])
		if err != nil {
			fmt.Println("no", err)
		} else {
			fmt.Println("ok", claims["sub"])
		}
	}
}
