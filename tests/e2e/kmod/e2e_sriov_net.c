// SPDX-License-Identifier: GPL-2.0-only
/*
 * e2e_sriov_net - the driver of a physical function that is a network card, for
 * whatever PCI device has SR-IOV (QEMU 7.2 emulates that for NVMe only).
 *
 * It moves no packets. What it does for real is what a host asks of such a
 * driver: it has virtual functions made, and keeps a MAC address and a VLAN for
 * each, set and told through rtnetlink ("ip link set DEV vf N mac ...").
 *
 * It claims no device by itself: driver_override binds it.
 */
#include <linux/etherdevice.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/pci.h>

#define DRV_NAME "e2e-sriov-net"
#define MAX_VFS 8

static bool fail_vlan;
module_param(fail_vlan, bool, 0644);
MODULE_PARM_DESC(fail_vlan, "refuse to set VLANs with -EIO");

static bool ignore_mac;
module_param(ignore_mac, bool, 0644);
MODULE_PARM_DESC(ignore_mac, "accept MAC addresses and do not set them");

struct e2e_vf {
	u8 mac[ETH_ALEN];
	u16 vlan;
	u8 qos;
	__be16 proto;
};

struct e2e_pf {
	struct e2e_vf vfs[MAX_VFS];
};

static bool e2e_has_vf(struct net_device *netdev, int vf)
{
	return vf >= 0 && vf < MAX_VFS &&
	       vf < pci_num_vf(to_pci_dev(netdev->dev.parent));
}

static int e2e_set_vf_mac(struct net_device *netdev, int vf, u8 *mac)
{
	struct e2e_pf *pf = netdev_priv(netdev);

	if (!e2e_has_vf(netdev, vf) || is_multicast_ether_addr(mac))
		return -EINVAL;
	if (!ignore_mac)
		ether_addr_copy(pf->vfs[vf].mac, mac);
	return 0;
}

static int e2e_set_vf_vlan(struct net_device *netdev, int vf, u16 vlan, u8 qos,
			   __be16 proto)
{
	struct e2e_pf *pf = netdev_priv(netdev);

	if (!e2e_has_vf(netdev, vf) || vlan >= VLAN_N_VID || qos > 7)
		return -EINVAL;
	if (fail_vlan)
		return -EIO;
	pf->vfs[vf].vlan = vlan;
	pf->vfs[vf].qos = qos;
	pf->vfs[vf].proto = proto;
	return 0;
}

static int e2e_get_vf_config(struct net_device *netdev, int vf,
			     struct ifla_vf_info *info)
{
	struct e2e_pf *pf = netdev_priv(netdev);

	if (!e2e_has_vf(netdev, vf))
		return -EINVAL;
	info->vf = vf;
	ether_addr_copy(info->mac, pf->vfs[vf].mac);
	info->vlan = pf->vfs[vf].vlan;
	info->qos = pf->vfs[vf].qos;
	info->vlan_proto = pf->vfs[vf].proto;
	return 0;
}

static netdev_tx_t e2e_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops e2e_ops = {
	.ndo_start_xmit		= e2e_xmit,
	.ndo_set_vf_mac		= e2e_set_vf_mac,
	.ndo_set_vf_vlan	= e2e_set_vf_vlan,
	.ndo_get_vf_config	= e2e_get_vf_config,
};

static int e2e_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct net_device *netdev;
	struct e2e_pf *pf;
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	netdev = alloc_etherdev(sizeof(*pf));
	if (!netdev)
		return -ENOMEM;
	pf = netdev_priv(netdev);
	for (int i = 0; i < MAX_VFS; i++)
		pf->vfs[i].proto = htons(ETH_P_8021Q);
	SET_NETDEV_DEV(netdev, &pdev->dev);
	netdev->netdev_ops = &e2e_ops;
	eth_hw_addr_random(netdev);
	pci_set_drvdata(pdev, netdev);
	ret = register_netdev(netdev);
	if (ret)
		free_netdev(netdev);
	return ret;
}

static void e2e_remove(struct pci_dev *pdev)
{
	struct net_device *netdev = pci_get_drvdata(pdev);

	pci_disable_sriov(pdev);
	unregister_netdev(netdev);
	free_netdev(netdev);
}

static const struct pci_device_id e2e_ids[] = {
	{ }
};

static struct pci_driver e2e_driver = {
	.name			= DRV_NAME,
	.id_table		= e2e_ids,
	.probe			= e2e_probe,
	.remove			= e2e_remove,
	.sriov_configure	= pci_sriov_configure_simple,
};
module_pci_driver(e2e_driver);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a network card's physical function, for tests");
