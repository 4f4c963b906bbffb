package dev.visionmamba.zoo.download;

import java.io.IOException;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * Which proxy a request goes through: the one that Java's properties name ({@code https.proxyHost},
 * {@code http.nonProxyHosts} and so on); where these name none, the one of the environment
 * variables {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code ALL_PROXY} and {@code NO_PROXY}.
 *
 * @param selector chooses the proxy
 * @param authenticator gives its name and password, if the environment has them
 */
record Proxies(ProxySelector selector, Optional<Authenticator> authenticator) {

  private static final List<String> PROPERTIES =
      List.of("https.proxyHost", "http.proxyHost", "socksProxyHost", "java.net.useSystemProxies");

  static Proxies of(Properties properties, Map<String, String> variables) throws IOException {
    if (PROPERTIES.stream().anyMatch(properties::containsKey)) {
      return new Proxies(ProxySelector.getDefault(), Optional.empty());
    }
    Optional<URI> all = proxy(variables, "ALL_PROXY");
    Optional<URI> https = proxy(variables, "HTTPS_PROXY").or(() -> all);
    Optional<URI> http = proxy(variables, "HTTP_PROXY").or(() -> all);
    if (https.isEmpty() && http.isEmpty()) {
      return new Proxies(ProxySelector.getDefault(), Optional.empty());
    }
    String exceptions = variable(variables, "NO_PROXY").orElse("");
    return new Proxies(
        new EnvironmentSelector(https, http, exceptions.toLowerCase(Locale.ROOT).split("[,\\s]+")),
        https.or(() -> http).flatMap(Proxies::password));
  }

  /** Lower case comes first, as curl has it. */
  private static Optional<String> variable(Map<String, String> variables, String name) {
    String value =
        variables.getOrDefault(name.toLowerCase(Locale.ROOT), variables.getOrDefault(name, ""));
    return value.isBlank() ? Optional.empty() : Optional.of(value.strip());
  }

  private static Optional<URI> proxy(Map<String, String> variables, String name)
      throws DownloadException {
    Optional<String> value = variable(variables, name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    String text = value.get().contains("://") ? value.get() : "http://" + value.get();
    try {
      URI proxy = URI.create(text);
      if ("http".equals(proxy.getScheme()) && proxy.getHost() != null) {
        return Optional.of(proxy);
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    // The value may hold a password: it is not repeated.
    throw new DownloadException(
        "the environment variable " + name,
        "it names no HTTP proxy",
        "set it to http://HOST:PORT, or unset it");
  }

  private static Optional<Authenticator> password(URI proxy) {
    String user = proxy.getUserInfo();
    if (user == null) {
      return Optional.empty();
    }
    String[] parts = user.split(":", 2);
    char[] password = parts.length == 2 ? parts[1].toCharArray() : new char[0];
    return Optional.of(
        new Authenticator() {
          @Override
          protected PasswordAuthentication getPasswordAuthentication() {
            return getRequestorType() == RequestorType.PROXY
                ? new PasswordAuthentication(parts[0], password)
                : null;
          }
        });
  }

  private static final class EnvironmentSelector extends ProxySelector {
    private final Optional<URI> https;
    private final Optional<URI> http;
    private final String[] exceptions;

    EnvironmentSelector(Optional<URI> https, Optional<URI> http, String[] exceptions) {
      this.https = https;
      this.http = http;
      this.exceptions = exceptions;
    }

    @Override
    public List<Proxy> select(URI url) {
      Optional<URI> proxy = "https".equalsIgnoreCase(url.getScheme()) ? https : http;
      if (proxy.isEmpty() || isExcepted(url)) {
        return List.of(Proxy.NO_PROXY);
      }
      int port = proxy.get().getPort() < 0 ? 80 : proxy.get().getPort();
      return List.of(
          new Proxy(Proxy.Type.HTTP, new InetSocketAddress(proxy.get().getHost(), port)));
    }

    /** A name stands for itself and for all below it; an asterisk for everything. */
    private boolean isExcepted(URI url) {
      String host = url.getHost().toLowerCase(Locale.ROOT);
      for (String exception : exceptions) {
        String name = exception.replaceFirst("^\\*?\\.", "").replaceFirst(":\\d+$", "");
        if (exception.equals("*")
            || (!name.isEmpty() && (host.equals(name) || host.endsWith("." + name)))) {
          return true;
        }
      }
      return false;
    }

    @Override
    public void connectFailed(URI url, SocketAddress address, IOException failure) {
      // the request fails and says so itself
    }
  }
}
