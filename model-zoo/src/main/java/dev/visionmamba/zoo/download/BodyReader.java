package dev.visionmamba.zoo.download;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A response's body, read by the thread that wants it, which waits no longer than it likes: the
 * client's own streams wait for ever.
 */
final class BodyReader implements BodySubscriber<BodyReader>, AutoCloseable {

  /** What arrives: bytes, or the end with its reason. */
  private record Item(List<ByteBuffer> bytes, Throwable failure) {}

  private final BlockingQueue<Item> items = new LinkedBlockingQueue<>();
  private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();

  @Override
  public CompletionStage<BodyReader> getBody() {
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription newSubscription) {
    newSubscription.request(1);
    subscription.complete(newSubscription);
  }

  @Override
  public void onNext(List<ByteBuffer> bytes) {
    items.add(new Item(bytes, null));
  }

  @Override
  public void onError(Throwable failure) {
    items.add(new Item(null, failure));
  }

  @Override
  public void onComplete() {
    items.add(new Item(null, null));
  }

  /**
   * The next bytes, or null at the end.
   *
   * @param idle how long to wait for them
   */
  List<ByteBuffer> next(Duration idle) throws IOException, InterruptedException {
    Item item = items.poll(idle.toMillis(), TimeUnit.MILLISECONDS);
    if (item == null) {
      throw new HttpTimeoutException("nothing came for " + Pauses.words(idle));
    }
    if (item.failure() != null) {
      throw new IOException(Causes.words(item.failure()), item.failure());
    }
    if (item.bytes() != null) {
      subscription.thenAccept(source -> source.request(1));
    }
    return item.bytes();
  }

  /** Sends what is left away, with the connection. */
  @Override
  public void close() {
    subscription.thenAccept(Flow.Subscription::cancel);
  }
}
