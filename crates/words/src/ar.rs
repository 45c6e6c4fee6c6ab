//! The words in Arabic: those of a scan's summary. What lacks is said in English.

#[rustfmt::skip]
const SUMMARY: &[(&str, &str)] = &[
    ("bad.beyond-end", "بعد نهاية المصدر"),
    ("bad.checksum", "{0} {1}: المجموع الاختباري لا يطابق"),
    ("bad.io", "خطأ في القراءة: {0:os}"),
    ("bad.layout-ends", "ينتهي توزيع المحتوى قبل حجمه"),
    ("bad.missing-segment", "ملف الجزء {0} مفقود"),
    ("bad.undecodable", "{0} {1}: لا يمكن فك ترميزه"),
    ("name.deleted-alone", "اسم محذوف وحده: زال سجله أو يستعمله ملف آخر"),
    ("name.deleted-unknown-record", "اسم محذوف وحده: لم يعد مدخله في الفهرس يدل على السجل الذي كان يسميه"),
    ("name.in-use-alone", "اسم مستعمل وحده: السجل الذي يسميه غير موجود"),
    ("problem.no-place", "{0}: {1}"),
    ("problem.place", "{0} عند البايت {1} ({1:x}): {2}"),
    ("problem.unreadable", "لا يمكن قراءته: {0}"),
    ("skip.claimed", "بايتاته على الوسيط تطالب بها 32 مرة ملفات أخرى ليست أكبر منه: لم تُحسب بصمته"),
    ("skip.crowded", "ملفات أكثر من اللازم في موضعه على الوسيط: لم تُحسب بصمته"),
    ("skip.directory", "مجلد: محتواه أسماء"),
    ("skip.link", "رابط رمزي: هدفه مسجل في الفهرس"),
    ("skip.link-of-folder", "رابط رمزي: لم يُتبع، وهدفه مسجل في الفهرس"),
    ("skip.no-data", "لا محتوى له"),
    ("skip.only-zeros", "أصفار فقط لم تُكتب على الوسيط قط، وهي أكثر من أن تُحسب بصمتها"),
    ("skip.own-lab", "مجلد المختبر الذي يتسلّم الدليل: ليس دليلا، ولا يُسرد ما فيه"),
    ("skip.reserved", "محجوز لنظام الملفات: لا محتوى له"),
    ("skip.special", "ملف خاص: لا محتوى له"),
    ("skip.unstored",
     "فجواته، أو ما يضيفه فك الترميز، تتجاوز {0} بايت تُحسب بصمتها للعنصر دون أن تكون مخزنة فيه: لم تُحسب بصمته"),
    ("stream.part-unreadable", "تعذرت قراءة {0} من {1} بايت، أولها عند {2}: {3}"),
    ("stream.record-damaged", "السجل تالف"),
];

/// All tables.
pub(crate) const TABLES: [&[(&str, &str)]; 1] = [SUMMARY];
