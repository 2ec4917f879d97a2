package clients;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.annotation.RegisteredOAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What Spring's own pages show: sign-in by the properties alone, and log-out at the provider. */
@SpringBootApplication
@RestController
public class Client {
  public static void main(String[] arguments) {
    SpringApplication.run(Client.class, arguments);
  }

  @Bean
  SecurityFilterChain chain(HttpSecurity http, ClientRegistrationRepository clients) throws Exception {
    var atProvider = new OidcClientInitiatedLogoutSuccessHandler(clients);
    return http
        .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
        .oauth2Login(Customizer.withDefaults())
        .oauth2Client(Customizer.withDefaults())
        .logout(logout -> logout.logoutSuccessHandler(atProvider))
        .build();
  }

  @GetMapping("/")
  String token(@RegisteredOAuth2AuthorizedClient("reticket") OAuth2AuthorizedClient client) {
    return client.getAccessToken().getTokenValue();
  }
}
