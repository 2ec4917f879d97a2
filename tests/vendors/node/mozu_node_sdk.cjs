// mozu-node-sdk: its settings are a `context`. It looks up the tenant's host; `tenantPod` names it.
const authProvider = require('mozu-node-sdk/security/auth-provider')
const lines = require('./lines.cjs')

const url = `${process.env.RETICKET_URL}/`
const ada = { emailAddress: 'ada@example.com', password: 'correct horse' }
const context = {
  appKey: 'ns.app.1.0.0.Release', sharedSecret: 's3cret', baseUrl: url, tenantPod: url, tenant: 1000,
  developerAccountId: 77, developerAccount: ada, adminUser: ada,
}
const made = (name, changes) =>
  require(`mozu-node-sdk/clients/platform/${name}`)({ context: { ...context, ...changes } })
const tenants = made('tenant')
const people = made('adminuser/tenantAdminUserAuthTicket')
const applications = made('applications/authTicket')
const shoppers = require('mozu-node-sdk/clients/commerce/customer/customerAuthTicket')({ context })
const byApplication = { scope: 'APP_ONLY' }

lines({
  // Signs in or refreshes, whatever it thinks is due.
  tenant: async ({ scope }) => {
    const tenant = await tenants.getTenant(null, { scope })
    return { tenant, application: tenants.context['app-claims'], person: tenants.context['user-claims'] }
  },
  developer: async () => {
    await authProvider.addDeveloperUserClaims(tenants)
    return tenants.context['user-claims']
  },
  signInWrongly: () => made('tenant', { sharedSecret: 'wrong' }).getTenant(null, byApplication),
  signInPersonWrongly: () =>
    made('tenant', { adminUser: { ...ada, password: 'wrong' } }).getTenant(null, { scope: 'ADMINUSER' }),
  application: () =>
    applications.authenticateApp({ applicationId: context.appKey, sharedSecret: 's3cret' }, { scope: 'NONE' }),
  refreshApplication: ({ refreshToken }) => applications.refreshAppAuthTicket({ refreshToken }, { scope: 'NONE' }),
  signOutApplication: ({ refreshToken }) => applications.deleteAppAuthTicket({ refreshToken }, byApplication),
  person: () => people.createUserAuthTicket({ tenantId: 1000 }, { body: ada, ...byApplication }),
  refreshPerson: ({ ticket, tenantId }) => people.refreshAuthTicket({ ...ticket, tenantId }, byApplication),
  signOutPerson: ({ refreshToken }) => people.deleteUserAuthTicket({ refreshToken }, byApplication),
  shopper: () => shoppers.createAnonymousShopperAuthTicket({}),
  refreshShopper: ({ refreshToken }) => shoppers.refreshUserAuthTicket({ refreshToken }),
})
