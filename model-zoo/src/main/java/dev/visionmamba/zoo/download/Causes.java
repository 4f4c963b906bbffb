package dev.visionmamba.zoo.download;

import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import javax.net.ssl.SSLException;

/** What an exception of the network or the disk says to people, and what it means. */
final class Causes {
  private Causes() {}

  /** What it says, or what it is if it says nothing. */
  static String words(Throwable failure) {
    if (isUnknownHost(failure)) {
      return "the host's name cannot be resolved";
    }
    if (failure instanceof ConnectException && failure.getMessage() == null) {
      return "the connection was refused";
    }
    String message = failure.getMessage();
    return message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
  }

  /** Whether another attempt a few seconds later would fail in the same way. */
  static boolean isLasting(Throwable failure) {
    return isUnknownHost(failure) || has(failure, SSLException.class);
  }

  private static boolean isUnknownHost(Throwable failure) {
    return has(failure, UnresolvedAddressException.class)
        || has(failure, UnknownHostException.class);
  }

  private static boolean has(Throwable failure, Class<? extends Throwable> type) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return true;
      }
    }
    return false;
  }
}
