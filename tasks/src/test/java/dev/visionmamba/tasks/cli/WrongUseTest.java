package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.visionmamba.tasks.DenseModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said where detectors and segmenters are used wrongly. */
class WrongUseTest {
  @TempDir private static Path folder;

  @BeforeAll
  static void write() throws Exception {
    DenseModels.save(DenseModels.retinaNet(), folder.resolve("boxes.st"));
    DenseModels.save(DenseModels.segmenter(), folder.resolve("pixels.st"));
    ImageIO.write(
        DenseModels.picture(70, 50, 1).toBufferedImage(), "png", folder.resolve("a.png").toFile());
    Files.createDirectories(folder.resolve("dir"));
    coco("nothing", "{\"images\":[],\"annotations\":[],\"categories\":[]}");
    coco(
        "classless",
        "{\"images\":[{\"id\":1,\"file_name\":\"a.png\",\"width\":70,\"height\":50}],"
            + "\"annotations\":[],\"categories\":[]}");
    coco(
        "pictureless",
        "{\"images\":[{\"id\":1,\"file_name\":\"b.png\",\"width\":70,\"height\":50}],"
            + "\"annotations\":[],\"categories\":[{\"id\":1,\"name\":\"boot\"}]}");
    coco("empty", "");
    Path masks = folder.resolve("masks");
    for (String part : new String[] {"images", "masks"}) {
      Files.createDirectories(masks.resolve(part));
      for (int i = 0; i < 2; i++) {
        Files.copy(folder.resolve("a.png"), masks.resolve(part).resolve(i + ".png"));
      }
    }
    Files.writeString(masks.resolve("classes.txt"), "boot #000001\nbag #000002\n");
  }

  private static void coco(String name, String json) throws IOException {
    Path annotations = folder.resolve(name).resolve("annotations");
    Files.createDirectories(annotations);
    Files.writeString(annotations.resolve("instances_train2017.json"), json);
  }

  /** At "@" stands the folder. */
  private static CommandLineRun run(String line) {
    return CommandLineRun.of(line.replace("@", folder + "/").split(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "detect @a.png --model @boxes.st --threshold 1.5 | --threshold must be 0 to 1, got 1.5",
        "detect @a.png --model @boxes.st --threshold NaN | --threshold must be 0 to 1, got NaN",
        "detect @a.png --model @boxes.st --nms -1 | --nms must be 0 to 1",
        "detect @a.png --model @boxes.st --most 0 | --most must be at least 1, got 0",
        "detect @a.png --model @boxes.st --tile 0 | --tile must be at least 1, got 0",
        "detect @a.png --model @boxes.st --tile 8 --overlap 9 | below --tile, 8, got 9",
        "detect @a.png --model @pixels.st | is for segment, not for detect: use visionmamba segment",
        "segment @a.png --model @boxes.st | is for detect, not for segment",
        "classify --model @boxes.st @a.png | is for detect, not for classify",
        "detect @a.png --model upernet_vmamba_tiny | is for segment, not for detect",
        "detect @a.png @a.png --model @boxes.st --out @a.png | must be a folder for 2 pictures",
        "detect @a.png --model @boxes.st --weights @w.pth | name a checkpoint there, not the file",
        "detect @a.png --model @boxes.st --device tpu | must be cpu, gpu or gpu0, gpu1 and so on",
        "classify @a.png --device gpu- | --device",
        "evaluate --data @masks --device gpu1000 | --device",
        "benchmark --device cuda | but is \"cuda\"",
        "train --data @masks --out @o --device 0 | --device",
        "classify @a.png --precision bfloat16 | DJL 0.35 cannot hold such arrays",
        "detect @a.png --precision half | must be float32 or float16, but is \"half\"",
        "evaluate --data @masks --precision int8 | --precision",
        "detect @a.png --modle @boxes.st | Possible solutions: --model",
        "segment @a.png --model @pixels.st --slide --stride 99 | at most the window, the model's 32",
        "scenes --data @dir --out @a.png | --out must be a folder",
        "scenes --data @dir --out @x --split val | --split",
        "train --task detect --data @empty --out @a.png | --out must be a folder",
        "train --task detect --data @empty --out @o --head nonsense | no head \"nonsense\"",
        "train --task detect --data @empty --out @o --head upernet | heads for that: mask_rcnn",
        "train --task segment --data @masks --out @o --shorter-side 0 | --shorter-side",
        "train --task segment --data @masks --out @o --epochs 0 | epochs",
        "evaluate --task segment --data @masks --model @boxes.st | which is for detect",
        "evaluate --data @masks --model @pixels.st --json @x.json | --json is for detect"
      })
  void wrongUseIsALineAndWhereToReadMore(String line, String said) {
    CommandLineRun run = run(line);
    assertThat(run.code()).as(run.err()).isEqualTo(2);
    assertThat(run.errLines()).hasSize(2);
    assertThat(run.errLines().get(0)).startsWith("visionmamba: ");
    assertThat(run.err()).contains(said);
    assertThat(run.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "classify @a.png --device gpu99 | gpu99 is not there: libtorch sees",
        "detect @a.png --model @boxes.st --device gpu99 | or use --device cpu",
        "benchmark --device gpu99 | PYTORCH_LIBRARY_PATH names, with PYTORCH_FLAVOR=cu128",
        "benchmark --model vim_tiny --device gpu99 | gpu99 is not there",
        "detect @gone.png --model @boxes.st | gone.png: there is no such image file",
        "detect @dir --model @boxes.st | a directory, not an image",
        "detect @boxes.st --model @boxes.st | not a PNG, JPEG, GIF or BMP image",
        "detect @a.png --model @gone.st | there is no file or folder",
        "detect @a.png --model mask_rcn_vmamba_tiny | did you mean mask_rcnn_vmamba_tiny",
        "detect @a.png --model @dir | has no model.safetensors",
        "detect @a.png --model @boxes.st --out @no/o.png | does not exist: create it first",
        "detect @a.png --model @boxes.st --json @no/o.json | does not exist: create it first",
        "detect @a.png --model @boxes.st --json @dir | it is a folder",
        "detect @a.png --model @boxes.st --json @a.png/o.json | is a file, not a folder",
        "segment @gone.png --model @pixels.st | there is no such image file",
        "segment @a.png --model @pixels.st --out @no/o.png | does not exist: create it first",
        "scenes --data @gone --out @x | there is no folder",
        "scenes --data @dir --out @no/m.png --scene 1 | does not exist: create it first",
        "train --task detect --data @gone --out @o | there is no folder",
        "train --task segment --data @gone --out @o | there is no folder",
        "train --task detect --data @dir --out @o | has no annotations",
        "train --task detect --data @empty --out @o | cut short",
        "train --task detect --data @nothing --out @o | lists no pictures",
        "train --task detect --data @classless --out @o | lists no categories",
        "train --task detect --data @pictureless --out @o | lacks b.png",
        "train --task segment --data @masks --out @o --set-head chanels=8 | did you mean channels?",
        "train --task segment --data @masks --out @o --set dimz=8 | did you mean dims?",
        "evaluate --data @nothing --model @boxes.st | lists no pictures",
        "evaluate --data @pictureless --model @boxes.st --json @no/x.json | create it first"
      })
  void failuresAreALine(String line, String said) {
    CommandLineRun run = run(line);
    assertThat(run.code()).as(run.err()).isEqualTo(1);
    assertThat(run.errLines()).hasSize(1);
    assertThat(run.err()).startsWith("visionmamba: ").contains(said).doesNotContain("Exception");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void nothingIsLeftBehind() {
    assertThat(run("train --task detect --data @nothing --out @left").code()).isEqualTo(1);
    assertThat(folder.resolve("left")).doesNotExist();
  }
}
