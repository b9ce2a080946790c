"""Names of classes: those of COCO, and how names are written in manifests and rules."""

from collections.abc import Sequence

from camera_pipeline.errors import ModelError

_COCO_IN_ORDER = """
person bicycle car motorcycle airplane bus train truck boat traffic_light fire_hydrant stop_sign parking_meter bench
bird cat dog horse sheep cow elephant bear zebra giraffe backpack umbrella handbag tie suitcase frisbee skis
snowboard sports_ball kite baseball_bat baseball_glove skateboard surfboard tennis_racket bottle wine_glass cup fork
knife spoon bowl banana apple sandwich orange broccoli carrot hot_dog pizza donut cake chair couch potted_plant bed
dining_table toilet tv laptop mouse remote keyboard cell_phone microwave oven toaster sink refrigerator book clock
vase scissors teddy_bear hair_drier toothbrush
"""
COCO = tuple(_COCO_IN_ORDER.split())
"""The 80 classes of COCO detectors, by id."""


def plain(name: str) -> str:
    """Return a class name as rules write it: `traffic light` is `traffic_light`."""
    return "_".join(name.lower().split())


def chosen(names: Sequence[str], keep: Sequence[str]) -> list[int]:
    """Return the ids of the classes to keep, in the order of `keep`.

    Raises:
        ModelError: one is unknown, or stands there twice.
    """
    missing = [name for name in keep if name not in names]
    if missing:
        raise ModelError(f"--keep: the model has no {', '.join(missing)}; it has {', '.join(names)}")
    if len(set(keep)) != len(keep):
        raise ModelError(f"--keep: a class stands there twice in {', '.join(keep)}; name each once")
    return [list(names).index(name) for name in keep]
