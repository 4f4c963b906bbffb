package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.visionmamba.scans.engine.Threads;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

class WorkersOptionTest {
  private static final int CORES = Runtime.getRuntime().availableProcessors();

  private String before;

  @BeforeEach
  void remember() {
    before = System.clearProperty(Threads.PROPERTY);
  }

  @AfterEach
  void restore() {
    System.clearProperty(Threads.PROPERTY);
    if (before != null) {
      System.setProperty(Threads.PROPERTY, before);
    }
  }

  @Command
  private static final class Any {
    @Mixin private WorkersOption workers;

    static int start(String... arguments) {
      return startOn(Device.cpu(), arguments);
    }

    static int startOn(Device device, String... arguments) {
      Any command = new Any();
      new CommandLine(command).parseArgs(arguments);
      return command.workers.start(device);
    }
  }

  @Test
  void severalWorkersHaveAThreadEach() {
    assertThat(Any.start("--workers", "3")).isEqualTo(3);
    assertThat(System.getProperty(Threads.PROPERTY)).isEqualTo("1");
  }

  @Test
  void oneWorkerHasAllCores() {
    assertThat(Any.start("--workers", "1")).isEqualTo(1);
    assertThat(System.getProperty(Threads.PROPERTY)).isNull();
  }

  @Test
  void unlessSaidThereIsOneACore() {
    assertThat(Any.start()).isEqualTo(CORES);
  }

  @Test
  void aNumberOfThreadsThatJavaWasStartedWithStays() {
    System.setProperty(Threads.PROPERTY, "2");
    assertThat(Any.start("--workers", "3")).isEqualTo(3);
    assertThat(System.getProperty(Threads.PROPERTY)).isEqualTo("2");
    assertThat(Any.start()).isEqualTo(Math.max(1, CORES / 2));
  }

  @Test
  void aWrongNumberOfThreadsIsNoFaultOfTheModel() {
    System.setProperty(Threads.PROPERTY, "none");
    CommandLineRun run = CommandLineRun.of("classify", "picture.png");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errLines())
        .containsExactly(
            "visionmamba: -Dvisionmamba.threads=none must be a whole number of at least 1");
  }

  @Test
  void aGpuHasOneUnlessSaid() {
    assertThat(Any.startOn(Device.gpu())).isEqualTo(1);
    assertThat(Any.startOn(Device.gpu(), "--workers", "3")).isEqualTo(3);
  }

  @Test
  void thereIsAtLeastOne() {
    assertThatThrownBy(() -> Any.start("--workers", "0"))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("at least 1");
  }
}
