/**
 * Training, fine-tuning and evaluating classifiers, segmenters, detectors and restorers: data sets,
 * augmentation, the loop, its schedule, checkpoints and curves.
 *
 * <p>A training is configured by {@link dev.visionmamba.tasks.training.TrainingOptions} and a data
 * set: {@link dev.visionmamba.tasks.training.ImageFolder}, {@link
 * dev.visionmamba.tasks.training.SegmentationFolder}, {@link
 * dev.visionmamba.tasks.training.CocoFolder} and {@link
 * dev.visionmamba.tasks.training.PictureFolder} read one from the disk. The optimizers are AdamW
 * (Loshchilov and Hutter 2017, <a href="https://arxiv.org/abs/1711.05101">arXiv:1711.05101</a>) and
 * Muon (<a href="https://kellerjordan.github.io/posts/muon/">Jordan et al. 2024</a>); mixing of
 * images is Mixup (Zhang et al. 2017, <a
 * href="https://arxiv.org/abs/1710.09412">arXiv:1710.09412</a>) and CutMix (Yun et al. 2019, <a
 * href="https://arxiv.org/abs/1905.04899">arXiv:1905.04899</a>).
 */
package dev.visionmamba.tasks.training;
