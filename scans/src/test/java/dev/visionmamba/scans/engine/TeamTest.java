package dev.visionmamba.scans.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A job's tasks are each done once, by one thread or several, whatever else goes on. */
class TeamTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void everyTaskIsDoneOnce(int size) {
    Team team = new Team(size);
    for (int count = 0; count < 200; count++) {
      AtomicIntegerArray done = new AtomicIntegerArray(count + 1);
      team.run(count, done::incrementAndGet);
      for (int i = 0; i < count; i++) {
        assertThat(done.get(i)).isEqualTo(1);
      }
      assertThat(done.get(count)).isZero();
    }
  }

  @Test
  void helpersShareTheWork() {
    Team team = new Team(3);
    CountDownLatch all = new CountDownLatch(3);
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    team.run(
        3,
        i -> {
          threads.add(Thread.currentThread());
          all.countDown();
          await(all); // so that nobody does two
        });
    assertThat(threads).hasSize(3).contains(Thread.currentThread());
  }

  @Test
  void sleepingHelpersAreWoken() throws Exception {
    Team team = new Team(2);
    Thread.sleep(20); // much longer than they stay awake
    CountDownLatch both = new CountDownLatch(2);
    team.run(
        2,
        i -> {
          both.countDown();
          await(both);
        });
    assertThat(both.getCount()).isZero();
  }

  @Test
  void whatATaskThrowsIsThrownAndTheNextJobRuns() {
    Team team = new Team(2);
    for (int bad = 0; bad < 8; bad++) {
      int thrower = bad;
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(
              () ->
                  team.run(
                      8,
                      i -> {
                        if (i == thrower) {
                          throw new IllegalStateException("task " + i);
                        }
                      }))
          .withMessage("task " + bad);
    }
    everyTaskIsDoneOnce(2);
  }

  @Test
  void callersAtTheSameTimeAllGetTheirWorkDone() throws Exception {
    Team team = new Team(2);
    List<Thread> callers = new ArrayList<>();
    AtomicIntegerArray done = new AtomicIntegerArray(4);
    for (int c = 0; c < 4; c++) {
      int caller = c;
      callers.add(
          new Thread(
              () -> {
                for (int round = 0; round < 500; round++) {
                  team.run(5, i -> done.incrementAndGet(caller));
                }
              }));
    }
    callers.forEach(Thread::start);
    for (Thread caller : callers) {
      caller.join(TimeUnit.MINUTES.toMillis(1));
    }
    for (int c = 0; c < 4; c++) {
      assertThat(done.get(c)).isEqualTo(2500);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
