// SPDX-License-Identifier: GPL-3.0-or-later
//! In which order devices are shown. What is known of them in, their places out; knows no widget.
//!
//! Televisions first, then by name. While somebody points at the list, or moves in it by keyboard, everything stays where
//! it is and what is new comes last: a row must not change under a hand that is about to press it.

use gtk4::glib;

use crate::engine::DeviceKind;

/// What decides the place of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its id: the last resort.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: DeviceKind,
    /// Where it stands; `None` for a new one.
    pub place: Option<u32>,
}

/// The place of each of `devices`, in their order. When `held`, none that has a place gets another one.
pub fn places(devices: &[Placed], held: bool) -> Vec<u32> {
    let mut order: Vec<usize> = (0..devices.len()).collect();
    order.sort_by_cached_key(|index| {
        let device = &devices[*index];
        let name = glib::CollationKey::from(device.name.to_lowercase());
        let kept = if held {
            device.place.map_or((true, 0), |place| (false, place))
        } else {
            (false, 0)
        };
        (kept, device.kind, name, device.id.clone())
    });
    let mut places = vec![0; devices.len()];
    let mut next = 0;
    for index in order {
        let kept = devices[index].place.filter(|_| held);
        let place = kept.unwrap_or(next);
        places[index] = place;
        next = next.max(place.saturating_add(1));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str, kind: DeviceKind, place: Option<u32>) -> Placed {
        Placed {
            id: name.to_lowercase(),
            name: name.into(),
            kind,
            place,
        }
    }

    fn tv(name: &str, place: Option<u32>) -> Placed {
        device(name, DeviceKind::Tv, place)
    }

    #[test]
    fn televisions_come_first_then_the_alphabet() {
        let devices = [
            device("Attic", DeviceKind::Speaker, None),
            tv("living room", None),
            tv("Kitchen", None),
            device("Bath", DeviceKind::Display, None),
        ];
        assert_eq!(places(&devices, false), [3, 1, 0, 2]);
    }

    #[test]
    fn a_new_device_is_sorted_in() {
        let devices = [tv("A", Some(0)), tv("C", Some(1)), tv("B", None)];
        assert_eq!(places(&devices, false), [0, 2, 1]);
    }

    #[test]
    fn under_the_pointer_nothing_moves_and_new_devices_come_last() {
        let devices = [
            tv("C", Some(4)),
            tv("B", None),
            tv("D", Some(2)),
            tv("A", None),
        ];
        assert_eq!(places(&devices, true), [4, 6, 2, 5]);
        assert_eq!(places(&devices, false), [2, 1, 3, 0]);
    }

    #[test]
    fn devices_of_one_name_keep_their_order() {
        let twin = |id: &str| Placed {
            id: id.into(),
            ..tv("TV", None)
        };
        assert_eq!(places(&[twin("b"), twin("a")], false), [1, 0]);
        assert!(places(&[], true).is_empty());
    }
}
