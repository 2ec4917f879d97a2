// @kibocommerce/sdk-authentication: its settings are the application and `authHost`.
const { APIAuthClient } = require('@kibocommerce/sdk-authentication')
const lines = require('./lines.cjs')

let kept
const cache = { getAuthTicket: async () => kept, setAuthTicket: (ticket) => { kept = ticket } }

const client = (sharedSecret = 's3cret') => new APIAuthClient(
  { clientId: 'ns.app.1.0.0.Release', sharedSecret, authHost: process.env.RETICKET_URL }, fetch, cache)

lines({
  token: () => client().getAccessToken(),
  signIn: ({ secret }) => client(secret).authenticate(),
  refresh: ({ token }) => client().refreshTicket({ refresh_token: token }),
})
