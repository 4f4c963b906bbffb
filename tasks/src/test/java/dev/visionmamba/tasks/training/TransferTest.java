package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.heads.restoration.pyramid.PyramidRestorer;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.FitInput;
import dev.visionmamba.zoo.HeadDescription;
import dev.visionmamba.zoo.ImageInput;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.RestorerModel;
import dev.visionmamba.zoo.SegmenterModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What goes from a trained model to one of another task, head or classes. */
class TransferTest {
  private static final FitInput FIT =
      new FitInput(32, 64, 32, List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f));

  private static ModelDescription segmenter(int channels, String... classes) {
    return new ModelDescription(
        "segmenter",
        "vmamba_micro",
        Map.of("dims", 8),
        new HeadDescription("semantic_fpn", Map.of("neck_channels", 8, "channels", channels)),
        List.of(classes),
        null,
        FIT,
        Map.of());
  }

  private static SegmenterModel create(ModelDescription description) {
    return SegmenterModel.create(description, Device.cpu());
  }

  /** The names of the parameters whose values differ. */
  private static Set<String> differing(NamedBlock one, NamedBlock other) {
    Map<String, NDArray> values = StateDict.of(other);
    Set<String> names = new TreeSet<>();
    StateDict.of(one)
        .forEach(
            (name, value) -> {
              if (!value.getShape().equals(values.get(name).getShape())
                  || !value.contentEquals(values.get(name))) {
                names.add(name);
              }
            });
    return names;
  }

  @Test
  void theSameHeadGoesOnButForOtherClasses() throws Exception {
    try (SegmenterModel trained = create(segmenter(8, "a", "b"))) {
      try (SegmenterModel same =
          Transfer.to(trained, segmenter(8, "a", "b"), TransferTest::create)) {
        assertThat(differing(same.network(), trained.network())).isEmpty();
      }
      for (ModelDescription other : List.of(segmenter(8, "a", "c"), segmenter(8, "a", "b", "c"))) {
        try (SegmenterModel model = Transfer.to(trained, other, TransferTest::create)) {
          assertThat(differing(model.network(), trained.network()))
              .isNotEmpty()
              .allMatch(name -> name.contains("conv_seg"));
        }
      }
    }
  }

  @Test
  void anotherHeadStartsAnewOnTheSameBackbone() throws Exception {
    try (SegmenterModel trained = create(segmenter(8, "a", "b"));
        SegmenterModel model =
            Transfer.to(trained, segmenter(16, "a", "b"), TransferTest::create)) {
      assertThat(differing(model.network().backbone(), trained.network().backbone())).isEmpty();
      assertThat(differing(model.network(), trained.network())).isNotEmpty();
    }
  }

  @Test
  void aClassifiersBackboneStartsASegmenterAndBack() throws Exception {
    ModelDescription description = classifier(8);
    try (ClassifierModel classifier = ClassifierModel.create(description, Device.cpu());
        SegmenterModel model =
            Transfer.to(classifier, segmenter(8, "a", "b"), TransferTest::create);
        ClassifierModel back =
            Transfer.to(model, description, d -> ClassifierModel.create(d, Device.cpu()))) {
      assertThat(differing(classifier.network().backbone(), model.network().backbone())).isEmpty();
      assertThat(differing(back.network().backbone(), model.network().backbone())).isEmpty();
    }
  }

  private static RestorerModel restorer(String network, Map<String, Object> arguments) {
    boolean decodes = network.equals("vmamba_micro");
    return RestorerModel.create(
        new ModelDescription(
            "restorer",
            network,
            arguments,
            decodes
                ? new HeadDescription("pyramid_decoder", Map.of("channels", 4))
                : HeadDescription.RESTORER,
            Map.of()),
        Device.cpu());
  }

  @Test
  void aSegmentersBackboneStartsARestorerAndBack() throws Exception {
    try (SegmenterModel segmenter = create(segmenter(8, "a", "b"));
        RestorerModel wanted = restorer("vmamba_micro", Map.of("dims", 8));
        RestorerModel model =
            Transfer.to(
                segmenter,
                wanted.description(),
                description -> restorer("vmamba_micro", description.arguments()));
        SegmenterModel back = Transfer.to(model, segmenter.description(), TransferTest::create)) {
      NamedBlock backbone = ((PyramidRestorer) model.network()).backbone();
      assertThat(differing(segmenter.network().backbone(), backbone)).isEmpty();
      assertThat(differing(back.network().backbone(), backbone)).isEmpty();
    }
  }

  @Test
  void aNetworkAsAWholeHasNoBackboneToGive() {
    try (RestorerModel whole =
        restorer("mambair_light_x2", Map.of("embed_dim", 32, "depths", List.of(1)))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Transfer.to(whole, segmenter(8, "a"), TransferTest::create))
          .withMessageContaining("restorer is a network as a whole");
    }
  }

  @Test
  void anotherBackboneIsRefused() {
    ModelDescription other =
        new ModelDescription(
            "other",
            "efficientvim_m1",
            Map.of(),
            new HeadDescription("semantic_fpn", Map.of()),
            List.of("a"),
            null,
            FIT,
            Map.of());
    try (SegmenterModel trained = create(segmenter(8, "a", "b"))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Transfer.to(trained, other, TransferTest::create))
          .withMessageContaining("has no parameter that");
    }
  }

  private static ModelDescription classifier(int dims) {
    return new ModelDescription(
        "classifier",
        "vmamba_micro",
        Map.of("dims", dims, "num_classes", 3),
        List.of("a", "b", "c"),
        new ImageInput(32, 32, 32, "bicubic", FIT.mean(), FIT.std()),
        Map.of());
  }

  private static DetectorModel detector() {
    return DetectorModel.create(
        new ModelDescription(
            "detector",
            "vmamba_micro",
            Map.of("dims", 8),
            new HeadDescription(
                "mask_rcnn", Map.of("neck_channels", 8, "fc_channels", 8, "mask_channels", 8)),
            List.of("a", "b"),
            null,
            FIT,
            Map.of()),
        Device.cpu());
  }

  private static Map<String, float[]> values(NamedBlock network) {
    Map<String, float[]> values = new LinkedHashMap<>();
    StateDict.of(network).forEach((name, array) -> values.put(name, array.toFloatArray()));
    return values;
  }

  private static void assertSame(NamedBlock network, Map<String, float[]> wanted) {
    values(network).forEach((name, got) -> assertThat(got).as(name).isEqualTo(wanted.get(name)));
  }

  /** A classifier has no norms of the maps that a pyramid gives; they are named. */
  @Test
  void aClassifiersBackboneStartsADetector() throws Exception {
    try (DetectorModel model = detector()) {
      Map<String, float[]> before = values(model.network());
      Map<String, float[]> learned;
      List<String> fresh;
      try (ClassifierModel classifier = ClassifierModel.create(classifier(8), Device.cpu())) {
        learned = values(classifier.network().backbone());
        fresh = Transfer.backbone(classifier, model);
        assertSame(classifier.network().backbone(), learned);
      } // the weights are the detector's own now
      assertThat(fresh)
          .containsExactlyInAnyOrder(
              "outnorm0.weight",
              "outnorm0.bias",
              "outnorm1.weight",
              "outnorm1.bias",
              "outnorm2.weight",
              "outnorm2.bias",
              "outnorm3.weight",
              "outnorm3.bias");
      Map<String, float[]> now = values(model.network());
      for (String name : now.keySet()) {
        String own = name.replaceFirst("^backbone\\.", "");
        boolean copied = name.startsWith("backbone.") && !fresh.contains(own);
        assertThat(now.get(name)).as(name).isEqualTo(copied ? learned.get(own) : before.get(name));
      }
      assertThat(values(model.network().backbone()).keySet()).containsAll(fresh);
    }
  }

  @Test
  void aBackboneOfAnotherWidthIsRefusedAndNothingChanges() {
    try (DetectorModel model = detector();
        ClassifierModel wider = ClassifierModel.create(classifier(16), Device.cpu())) {
      Map<String, float[]> before = values(model.network());
      assertThatThrownBy(() -> Transfer.backbone(wider, model))
          .isInstanceOf(MalformedModelException.class)
          .hasMessageStartingWith("classifier: ")
          .hasMessageContaining("backbone.patch_embed.0.weight");
      assertSame(model.network(), before);
    }
  }

  @Test
  void aBackboneOfAnotherFamilyIsRefusedAndNothingChanges() {
    ModelDescription efficientvim =
        new ModelDescription(
            "other",
            "efficientvim_m1",
            Map.of("num_classes", 1),
            List.of("a"),
            new ImageInput(32, 32, 32, "bicubic", FIT.mean(), FIT.std()),
            Map.of());
    try (DetectorModel model = detector();
        ClassifierModel other = ClassifierModel.create(efficientvim, Device.cpu())) {
      Map<String, float[]> before = values(model.network());
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Transfer.backbone(other, model))
          .withMessage(
              "the backbone of other (efficientvim_m1) has no parameter that the one of detector"
                  + " (vmamba_micro) has");
      assertSame(model.network(), before);
    }
  }
}
