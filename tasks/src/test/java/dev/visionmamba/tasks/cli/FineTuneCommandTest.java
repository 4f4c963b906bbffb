package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.visionmamba.tasks.Shapes;
import dev.visionmamba.tasks.training.ClassifierTraining;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train --from}, and what its model is good for. */
class FineTuneCommandTest {
  @TempDir private Path folder;

  private static CommandLineRun run(String line, Object... paths) {
    List<String> words = new ArrayList<>(List.of(line.split(" ")));
    for (Object path : paths) {
      words.add(path.toString());
    }
    return CommandLineRun.of(words.toArray(new String[0]));
  }

  @Test
  void tunesClassifiesAndEvaluates() throws Exception {
    Path data = Shapes.write(folder.resolve("My shapes"), 12, 1);
    Files.writeString(data.resolve("disc/broken.png"), "no picture");
    Path out = folder.resolve("out");
    String train =
        "train --from vim_micro.fashion_mnist --epochs 4 --freeze 2 --batch 8 --learning-rate 0.003"
            + " --crop 0.6 --mixup 0.1 --patience 4 --out "
            + out
            + " --data";
    CommandLineRun trained = run(train, data);
    assertThat(trained.err()).doesNotContain("visionmamba:");
    assertThat(trained.code()).isZero();
    assertThat(trained.err())
        .contains("skipped " + data.resolve("disc/broken.png"))
        .contains("pictures cannot be read and are skipped");
    assertThat(trained.out())
        .contains("vim_micro.my_shapes")
        .containsPattern("2[89] training and [67] test images")
        .contains("the model is " + out);
    assertThat(out.resolve(ClassifierTraining.METRICS_FILE)).exists();
    assertThat(out.resolve(ClassifierTraining.CURVES_FILE)).exists();
    assertThat(out.resolve("confusion.png")).exists();

    CommandLineRun classified =
        run("classify --top 3 --model " + out, data.resolve("rows/000.png"));
    assertThat(classified.code()).isZero();
    assertThat(classified.out()).contains("rows").contains("disc").contains("upright");

    Path matrix = folder.resolve("matrix.png");
    String evaluate = "evaluate --model " + out + " --matrix " + matrix + " --data";
    CommandLineRun all = run(evaluate, data);
    assertThat(all.code()).isZero();
    assertThat(all.out()).contains("upright").contains("of 36 images");
    CommandLineRun aside = run(evaluate.replace("evaluate", "evaluate --set-aside"), data);
    assertThat(aside.code()).isZero();
    assertThat(aside.out()).containsPattern("of [67] images");

    CommandLineRun resumed = run(train.replace("train", "train --resume"), data);
    assertThat(resumed.code()).isZero();
    CommandLineRun strict =
        run("train --strict --from vim_micro.fashion_mnist --out never --data", data);
    assertThat(strict.code()).isEqualTo(1);
    assertThat(strict.err()).contains("cannot be read, the first").contains("broken.png");
    assertThat(Path.of("never")).doesNotExist();
  }

  @Test
  void aNetworkFromScratchLearnsPicturesToo() throws Exception {
    Path data = Shapes.write(folder.resolve("shapes"), 4, 1);
    CommandLineRun run =
        run(
            "train --model vim_micro --set depth=1 --set embed_dim=16 --epochs 1 --cutmix 1"
                + " --head-only --out "
                + folder.resolve("out")
                + " --data",
            data);
    assertThat(run.err()).doesNotContain("visionmamba:");
    assertThat(run.code()).isZero();
  }

  @Test
  void whatDoesNotFitIsOneLine() throws Exception {
    Path data = Shapes.write(folder.resolve("shapes"), 4, 1);
    String from = "train --from vim_micro.fashion_mnist --out never --data ";
    assertThat(run(from + data + " --model vim_tiny").code()).isEqualTo(2);
    assertThat(run(from + data + " --validation 1.5").code()).isEqualTo(2);
    CommandLineRun unknown = run("train --from vim_huge --out never --data", data);
    assertThat(unknown.code()).isEqualTo(1);
    assertThat(unknown.err()).contains("vim_huge");
    CommandLineRun range = run(from + data + " --layer-decay 2");
    assertThat(range.code()).isEqualTo(2);
    assertThat(range.err()).contains("decay by layer cannot be 2.0");
    CommandLineRun other = run("evaluate --data", data);
    assertThat(other.code()).isEqualTo(1);
    assertThat(other.err()).contains("also has disc, rows, upright");
    CommandLineRun none = run(from + folder.resolve("shapes/disc"));
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.err()).contains("no folders, but 4 pictures");
    assertThat(Path.of("never")).doesNotExist();
  }
}
