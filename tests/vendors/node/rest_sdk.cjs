// @kibocommerce/rest-sdk: `authHost` is a host without a scheme, since it always asks with https. The other address
// is the `domain` of the tenant.
const { Configuration } = require('@kibocommerce/rest-sdk')
const { AdminAuthTicketApi, DeveloperAdminAuthTicketApi } = require('@kibocommerce/rest-sdk/clients/AdminUser')
const { AppAuthTicketsApi } = require('@kibocommerce/rest-sdk/clients/AppDevelopment')
const { StorefrontAuthTicketApi } = require('@kibocommerce/rest-sdk/clients/Customer')
const { TenantsApi } = require('@kibocommerce/rest-sdk/clients/Tenant')
const lines = require('./lines.cjs')

const applicationId = 'ns.app.1.0.0.Release'
const configured = (sharedSecret = 's3cret') => new Configuration({
  tenantId: '1000', siteId: '2000', clientId: applicationId, sharedSecret,
  authHost: new URL(process.env.RETICKET_URL).host,
})
const configuration = configured()
const applications = new AppAuthTicketsApi(configuration)
const people = new AdminAuthTicketApi(configuration)
const developers = new DeveloperAdminAuthTicketApi(configuration)
const shoppers = new StorefrontAuthTicketApi(configuration)

lines({
  tenant: () => new TenantsApi(configuration).getTenant({ tenantId: 1000 }),
  token: () => configuration.accessToken(),
  signInApplication: ({ secret }) =>
    applications.authenticateApp({ appAuthInfo: { applicationId, sharedSecret: secret } }),
  refreshApplication: ({ refreshToken }) =>
    applications.refreshAppAuthTicket({ authTicketRequest: { refreshToken } }),
  signOutApplication: ({ refreshToken }) => applications.deleteAppAuthTicket({ refreshToken }),
  signIn: ({ password }) => people.createUserAuthTicket(
    { tenantId: 1000, userAuthInfo: { emailAddress: 'ada@example.com', password } }),
  refresh: ({ ticket, tenantId }) => people.refreshAuthTicket({ tenantId, tenantAdminUserAuthTicket: ticket }),
  signOut: ({ refreshToken }) => people.deleteUserAuthTicket({ refreshToken }),
  signInDeveloper: ({ password }) => developers.createDeveloperUserAuthTicket(
    { developerAccountId: 77, userAuthInfo: { emailAddress: 'ada@example.com', password } }),
  refreshDeveloper: ({ ticket, developerAccountId }) =>
    developers.refreshDeveloperAuthTicket({ developerAccountId, developerAdminUserAuthTicket: ticket }),
  signOutDeveloper: ({ refreshToken }) => developers.deleteUserAuthTicket({ refreshToken }),
  shopper: () => shoppers.createAnonymousShopperAuthTicket(),
  refreshShopper: ({ refreshToken }) => shoppers.refreshUserAuthTicket({ refreshToken }),
})
