package dev.visionmamba.scans.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.djl.engine.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A job's tasks are each done once, by one thread or several, whatever else goes on. */
class TeamTest {

  /** Teams of Java threads, and libtorch's threads where there are some to be had. */
  static List<Team> teams() {
    Engine.getEngine("PyTorch");
    List<Team> teams = new ArrayList<>();
    for (int size : new int[] {1, 2, 3, 5}) {
      teams.add(new JavaTeam(size));
      teams.add(Team.of(size));
    }
    return teams;
  }

  static List<Team> teamsOfThree() {
    Engine.getEngine("PyTorch");
    return List.of(new JavaTeam(3), Team.of(3));
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "libtorch has another OpenMP library")
  void onLinuxLibtorchsThreadsAreFound() {
    Engine.getEngine("PyTorch");
    assertThat(Team.of(2)).isInstanceOf(OpenMpTeam.class);
    assertThat(Team.of(1)).isInstanceOf(JavaTeam.class);
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "libtorch has another OpenMP library")
  void libtorchsThreadsStayAttached() {
    Engine.getEngine("PyTorch");
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    Team team = Team.of(2);
    for (int round = 0; round < 100; round++) {
      CountDownLatch both = new CountDownLatch(2);
      team.run(
          2,
          i -> {
            threads.add(Thread.currentThread());
            both.countDown();
            await(both);
          });
    }
    assertThat(threads).hasSize(2).contains(Thread.currentThread());
    assertThat(threads).allMatch(t -> t.isDaemon() || t == Thread.currentThread());
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "libtorch has another OpenMP library")
  void libtorchsThreadsEndWithTheirCaller() throws Exception {
    Engine.getEngine("PyTorch");
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    Team team = Team.of(2);
    for (int caller = 0; caller < 50; caller++) {
      CountDownLatch both = new CountDownLatch(2);
      Thread thread =
          new Thread(
              () ->
                  team.run(
                      2,
                      i -> {
                        threads.add(Thread.currentThread());
                        both.countDown();
                        await(both);
                      }));
      thread.start();
      thread.join(TimeUnit.MINUTES.toMillis(1));
    }
    assertThat(threads).hasSize(100);
    for (Thread thread : threads) {
      thread.join(TimeUnit.MINUTES.toMillis(1));
      assertThat(thread.isAlive()).isFalse();
    }
  }

  @Test
  void withoutJnasLibraryThreadsAreJavas() throws Exception {
    String output =
        ChildJvm.run(
            TwoTeams.class,
            "-Djna.nosys=true",
            "-Djna.nounpack=true",
            "-Djna.noclasspath=true",
            "-Djna.boot.library.path=/nowhere");
    assertThat(output).contains("JavaTeam, then JavaTeam");
  }

  /** Names two teams: JNA fails in another way at the second attempt. */
  static final class TwoTeams {
    private TwoTeams() {}

    public static void main(String[] args) {
      Engine.getEngine("PyTorch");
      String first = Team.of(2).getClass().getSimpleName();
      System.out.println(first + ", then " + Team.of(2).getClass().getSimpleName());
    }
  }

  @ParameterizedTest
  @MethodSource("teams")
  void everyTaskIsDoneOnce(Team team) {
    for (int count = 0; count < 200; count++) {
      AtomicIntegerArray done = new AtomicIntegerArray(count + 1);
      team.run(count, done::incrementAndGet);
      for (int i = 0; i < count; i++) {
        assertThat(done.get(i)).isEqualTo(1);
      }
      assertThat(done.get(count)).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("teamsOfThree")
  void helpersShareTheWork(Team team) {
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

  @ParameterizedTest
  @MethodSource("teamsOfThree")
  void sleepingHelpersAreWoken(Team team) throws Exception {
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

  @ParameterizedTest
  @MethodSource("teams")
  void whatATaskThrowsIsThrownAndTheNextJobRuns(Team team) {
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
    everyTaskIsDoneOnce(team);
  }

  @ParameterizedTest
  @MethodSource("teams")
  void callersAtTheSameTimeAllGetTheirWorkDone(Team team) throws Exception {
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
