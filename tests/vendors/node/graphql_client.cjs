// @kibocommerce/graphql-client: signs an application in, and shoppers who have not signed in. It sends no tenant, since
// the vendor's host names tell it. Here the application has one tenant alone.
const { CreateApolloClient } = require('@kibocommerce/graphql-client')
const lines = require('./lines.cjs')

const url = process.env.RETICKET_URL
let kept
const hooks = {
  onTicketRead: () => kept,
  onTicketChange: (ticket) => { kept = ticket },
  onTicketRemove: () => { kept = undefined },
}
const client = CreateApolloClient({
  api: {
    accessTokenUrl: `${url}/api/platform/applications/authtickets/oauth`,
    apiHost: url,
    clientId: 'ns.shop.1.0.0.Release',
    sharedSecret: process.env.SHARED_SECRET,
  },
  clientAuthHooks: hooks,
})

lines({
  application: () => client.authClient.getAppAuthToken(),
  anonymous: async () => client.ticketManager.setTicket(await client.authClient.anonymousAuth()),
  shopper: () => client.ticketManager.getTicket(),
  kept: () => kept,
  refreshToken: ({ token }) => client.authClient.refreshUserAuth({ refreshToken: token }),
})
