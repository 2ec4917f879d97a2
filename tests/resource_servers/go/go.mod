module resourceserver

go 1.25.0

require (
	github.com/MicahParks/keyfunc/v3 v3.6.2
	github.com/golang-jwt/jwt/v5 v5.3.1
)
