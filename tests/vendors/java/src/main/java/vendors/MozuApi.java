package vendors;

import com.fasterxml.jackson.databind.JsonNode;
import com.mozu.api.MozuApiContext;
import com.mozu.api.MozuConfig;
import com.mozu.api.contracts.appdev.AppAuthInfo;
import com.mozu.api.contracts.appdev.AuthTicketRequest;
import com.mozu.api.contracts.core.UserAuthInfo;
import com.mozu.api.contracts.customer.CustomerAuthTicket;
import com.mozu.api.resources.commerce.customer.CustomerAuthTicketResource;
import com.mozu.api.resources.platform.TenantResource;
import com.mozu.api.resources.platform.applications.AuthTicketResource;
import com.mozu.api.security.AppAuthenticator;
import com.mozu.api.security.AuthenticationProfile;
import com.mozu.api.security.AuthenticationScope;
import com.mozu.api.security.Scope;
import com.mozu.api.security.UserAuthenticator;
import java.util.Map;

/** mozu-api-java: its settings are `MozuConfig.setBaseUrl` and `MozuApiContext.setTenantUrl`. It knows one application, and many people. */
final class MozuApi {
    private static AuthenticationProfile person;

    public static void main(String[] arguments) throws Exception {
        MozuConfig.setBaseUrl(System.getenv("RETICKET_URL"));
        Lines.run(Map.ofEntries(
            Map.entry("sign_in_application", MozuApi::signInApplication),
            Map.entry("token", given -> AppAuthenticator.addAuthHeader()),
            Map.entry("tenant", given -> new TenantResource().getTenant(1000).getName()),
            Map.entry("sign_out_application", MozuApi::signOutApplication),
            Map.entry("refresh_application", MozuApi::refreshApplication),
            Map.entry("sign_in_person", MozuApi::signInPerson),
            Map.entry("refresh_person", MozuApi::refreshPerson),
            Map.entry("switch_person", MozuApi::switchPerson),
            Map.entry("sign_out_person", MozuApi::signOutPerson),
            Map.entry("shopper", given -> shown(shoppers().createAnonymousShopperAuthTicket())),
            Map.entry("refresh_shopper", MozuApi::refreshShopper)));
    }

    /** The refresh token. */
    private static Object signInApplication(JsonNode given) {
        var application = new AppAuthInfo();
        application.setApplicationId("ns.app.1.0.0.Release");
        application.setSharedSecret(given.get("secret").asText());
        AppAuthenticator.initialize(application);
        return AppAuthenticator.getInstance().getAppAuthTicket().getRefreshToken();
    }

    private static Object signOutApplication(JsonNode given) {
        AppAuthenticator.invalidateAuth();
        return null;
    }

    private static Object refreshApplication(JsonNode given) throws Exception {
        var request = new AuthTicketRequest();
        request.setRefreshToken(given.get("token").asText());
        return new AuthTicketResource().refreshAppAuthTicket(request).getAccessToken();
    }

    private static Object signInPerson(JsonNode given) {
        var said = new UserAuthInfo();
        said.setEmailAddress("ada@example.com");
        said.setPassword(given.get("password").asText());
        var scope = AuthenticationScope.valueOf(given.get("scope").asText());
        person = UserAuthenticator.authenticate(said, scope, given.get("place").asInt());
        return shown(person);
    }

    private static Object refreshPerson(JsonNode given) {
        person.setAuthTicket(UserAuthenticator.ensureAuthTicket(person.getAuthTicket()));
        return shown(person);
    }

    private static Object switchPerson(JsonNode given) {
        person = UserAuthenticator.setActiveScope(person.getAuthTicket(), new Scope(given.get("place").asInt(), null));
        return shown(person);
    }

    private static Object signOutPerson(JsonNode given) {
        UserAuthenticator.logout(person.getAuthTicket());
        return null;
    }

    private static Object refreshShopper(JsonNode given) throws Exception {
        return shown(shoppers().refreshUserAuthTicket(given.get("token").asText()));
    }

    private static CustomerAuthTicketResource shoppers() {
        var context = new MozuApiContext(1000, 2000);
        context.setTenantUrl(MozuConfig.getBaseUrl());
        return new CustomerAuthTicketResource(context);
    }

    private static Map<String, Object> shown(AuthenticationProfile profile) {
        return Map.of("token", profile.getAuthTicket().getAccessToken(), "place", profile.getActiveScope().getId());
    }

    private static Map<String, Object> shown(CustomerAuthTicket ticket) {
        return Map.of("userId", ticket.getUserId(), "refreshToken", ticket.getRefreshToken());
    }
}
