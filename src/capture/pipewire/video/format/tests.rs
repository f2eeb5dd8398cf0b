// SPDX-License-Identifier: GPL-3.0-or-later
use super::*;

const LINEAR: u64 = 0;
const TILED: u64 = 0x0100_0000_0000_0002;

fn wish(modifiers: &[u64]) -> Wish {
    let dma = DmaBufFormat {
        format: PixelFormat::Bgrx,
        modifiers: modifiers.to_vec(),
    };
    Wish {
        dma_buf: if modifiers.is_empty() {
            Vec::new()
        } else {
            vec![dma]
        },
        ..Wish::new(None, 30)
    }
}

fn format(values: Vec<(FormatProperties, PropertyFlags, Value)>) -> Object {
    let properties = values
        .into_iter()
        .map(|(key, flags, value)| flagged(key.as_raw(), flags, value));
    Object {
        type_: SpaTypes::ObjectParamFormat.as_raw(),
        id: ParamType::Format.as_raw(),
        properties: properties.collect(),
    }
}

fn bgrx(width: u32, height: u32, modifier: Option<(PropertyFlags, Value)>) -> Object {
    let none = PropertyFlags::empty();
    let mut values = vec![
        (
            FormatProperties::MediaType,
            none,
            id(MediaType::Video.as_raw()),
        ),
        (
            FormatProperties::MediaSubtype,
            none,
            id(MediaSubtype::Raw.as_raw()),
        ),
        (
            FormatProperties::VideoFormat,
            none,
            id(VideoFormat::BGRx.as_raw()),
        ),
        (
            FormatProperties::VideoSize,
            none,
            Value::Rectangle(Rectangle { width, height }),
        ),
    ];
    values.extend(modifier.map(|(flags, value)| (FormatProperties::VideoModifier, flags, value)));
    format(values)
}

fn read_back(offer: &Encoded) -> Object {
    read_object(offer.pod().unwrap()).unwrap()
}

fn value(object: &Object, key: FormatProperties) -> Option<&Value> {
    let mut properties = object.properties.iter();
    let found = properties.find(|property| property.key == key.as_raw());
    found.map(|property| &property.value)
}

#[test]
fn without_dma_bufs_no_offer_has_a_modifier() {
    let offers = offers(&wish(&[]));
    assert_eq!(offers.len(), 1);
    let offer = read_back(&offers[0]);
    assert_eq!(value(&offer, FormatProperties::VideoModifier), None);
    assert_eq!(
        value(&offer, FormatProperties::VideoMaxFramerate),
        Some(&fraction_range(40, 1, 40)),
        "a third more than the 30 that are encoded"
    );
}

#[test]
fn dma_bufs_are_offered_before_shared_memory() {
    let offers: Vec<Object> = offers(&wish(&[TILED, LINEAR]))
        .iter()
        .map(read_back)
        .collect();
    assert_eq!(offers.len(), 2);
    let modifier = offers[0]
        .properties
        .iter()
        .find(|p| p.key == FormatProperties::VideoModifier.as_raw());
    let modifier = modifier.unwrap();
    assert_eq!(
        modifier.flags,
        PropertyFlags::MANDATORY | PropertyFlags::DONT_FIXATE
    );
    let modifiers = [TILED, LINEAR].map(u64::cast_signed);
    assert_eq!(Some(modifier.value.clone()), one_of_longs(&modifiers));
    assert_eq!(value(&offers[1], FormatProperties::VideoModifier), None);
}

#[test]
fn an_asked_size_is_offered_alone_first() {
    let offers = offers(&Wish {
        size: Some((1280, 720)),
        ..wish(&[])
    });
    let sizes: Vec<Value> = offers
        .iter()
        .map(|offer| {
            value(&read_back(offer), FormatProperties::VideoSize)
                .unwrap()
                .clone()
        })
        .collect();
    let exact = Value::Rectangle(Rectangle {
        width: 1280,
        height: 720,
    });
    assert_eq!(sizes[0], exact);
    assert_eq!(
        sizes[1],
        rectangle_range((1280, 720), (1, 1), (16384, 16384))
    );
}

#[test]
fn a_format_without_modifier_is_agreed_as_shared_memory() {
    let agreed = verdict(&bgrx(640, 480, None), &wish(&[LINEAR]));
    let agreement = Agreement {
        format: PixelFormat::Bgrx,
        size: (640, 480),
        modifier: None,
    };
    assert_eq!(agreed, Some(Verdict::Agreed(agreement)));
}

#[test]
fn values_that_were_reduced_from_choices_count_as_fixed() {
    let mut object = bgrx(640, 480, None);
    let reduced = Choice(
        ::pipewire::spa::utils::ChoiceFlags::empty(),
        ChoiceEnum::None(Rectangle {
            width: 320,
            height: 240,
        }),
    );
    object.properties[3].value = Value::Choice(ChoiceValue::Rectangle(reduced));
    let Some(Verdict::Agreed(agreement)) = verdict(&object, &wish(&[])) else {
        panic!("not agreed")
    };
    assert_eq!(agreement.size, (320, 240));
}

#[test]
fn of_several_modifiers_our_first_is_chosen_and_put_first() {
    let theirs = one_of_longs(&[LINEAR.cast_signed(), TILED.cast_signed()]).unwrap();
    let flags = PropertyFlags::MANDATORY | PropertyFlags::DONT_FIXATE;
    let wish = wish(&[9, TILED, LINEAR]);
    let chosen = verdict(&bgrx(64, 64, Some((flags, theirs.clone()))), &wish);
    let agreement = Agreement {
        format: PixelFormat::Bgrx,
        size: (64, 64),
        modifier: Some(TILED),
    };
    assert_eq!(chosen, Some(Verdict::Choose(agreement)));
    let answer: Vec<Object> = fixated(&wish, agreement).iter().map(read_back).collect();
    assert_eq!(
        value(&answer[0], FormatProperties::VideoModifier),
        Some(&Value::Long(TILED.cast_signed()))
    );
    assert_eq!(answer.len(), 3);
    // Fixed at last.
    let last = Value::Long(TILED.cast_signed());
    let agreed = verdict(&bgrx(64, 64, Some((PropertyFlags::MANDATORY, last))), &wish);
    assert_eq!(agreed, Some(Verdict::Agreed(agreement)));
}

#[test]
fn formats_that_we_cannot_read_are_useless() {
    let ours = wish(&[TILED]);
    let linear = Value::Long(LINEAR.cast_signed());
    let flags = PropertyFlags::MANDATORY;
    assert_eq!(verdict(&bgrx(64, 64, Some((flags, linear))), &ours), None);
    assert_eq!(verdict(&bgrx(0, 64, None), &ours), None);
    assert_eq!(verdict(&bgrx(64, 20_000, None), &ours), None);
    let mut audio = bgrx(64, 64, None);
    audio.properties[0].value = id(MediaType::Audio.as_raw());
    assert_eq!(verdict(&audio, &ours), None);
    let mut unknown = bgrx(64, 64, None);
    unknown.properties[2].value = id(VideoFormat::RGB16.as_raw());
    assert_eq!(verdict(&unknown, &ours), None);
    for missing in 0..4 {
        let mut object = bgrx(64, 64, None);
        object.properties.remove(missing);
        assert_eq!(verdict(&object, &ours), None);
    }
}

#[test]
fn buffers_are_asked_for_in_the_memory_that_was_agreed() {
    for (dma_buf, kinds) in [
        (true, 1 << spa::SPA_DATA_DmaBuf),
        (false, 1 << spa::SPA_DATA_MemFd | 1 << spa::SPA_DATA_MemPtr),
    ] {
        let params: Vec<Object> = buffer_params(dma_buf, false)
            .iter()
            .map(read_back)
            .collect();
        let kind = params[0]
            .properties
            .iter()
            .find(|p| p.key == spa::SPA_PARAM_BUFFERS_dataType);
        assert_eq!(kind.unwrap().value, int_flags(kinds));
        assert_eq!(params.len(), 5, "buffers, header, crop, transform, damage");
    }
}

#[test]
fn a_pointer_is_asked_for_only_where_it_is_wanted_and_with_formats_that_it_can_be_drawn_into() {
    let params: Vec<Object> = buffer_params(false, true).iter().map(read_back).collect();
    assert_eq!(params.len(), 6);
    assert_eq!(
        params[5].properties[0].value,
        id(spa::SPA_META_Cursor),
        "behind the others"
    );
    let formats = |cursor| {
        let wish = Wish {
            cursor,
            ..wish(&[])
        };
        let offers = offers(&wish);
        let offer = read_back(&offers[0]);
        let Some(Value::Choice(ChoiceValue::Id(Choice(_, ChoiceEnum::Enum { alternatives, .. })))) =
            value(&offer, FormatProperties::VideoFormat).cloned()
        else {
            panic!("no choice of formats")
        };
        alternatives
    };
    let nv12 = ::pipewire::spa::utils::Id(VideoFormat::NV12.as_raw());
    assert!(formats(false).contains(&nv12));
    assert!(!formats(true).contains(&nv12));
}
